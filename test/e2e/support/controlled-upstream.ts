import { serveHttp, type TestServer } from '../../support/upstreams/upstream.ts';

/** An upstream that answers what it is told to and counts its calls. */
export interface Controlled extends TestServer {
  calls(): number;
  /** Status of all further answers. */
  answer(status: number): void;
  /** Lets requests come in and answers none until the returned function is called. */
  hold(): () => void;
  /** Resolves when that many calls have come in. */
  until(calls: number): Promise<void>;
}

export async function serveControlled(): Promise<Controlled> {
  const state = { calls: 0, status: 200, released: Promise.resolve() };
  const waiting = new Set<() => void>();
  const server = await serveHttp(async (_, response) => {
    state.calls += 1;
    for (const notify of waiting) notify();
    await state.released;
    response.writeHead(state.status, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    ...server,
    calls: () => state.calls,
    answer: (status) => {
      state.status = status;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      state.released = promise;
      return resolve;
    },
    until: (calls) =>
      new Promise((resolve) => {
        const notify = () => {
          if (state.calls < calls) return;
          waiting.delete(notify);
          resolve();
        };
        waiting.add(notify);
        notify();
      }),
  };
}
