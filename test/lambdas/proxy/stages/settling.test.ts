import middy from '@middy/core';
import { expect, it } from 'vitest';
import type { Exchange, ProxyContext, ProxyEvent, ProxyResult, WorkAtEnd } from '../../../../lambdas/proxy/exchange.ts';
import { type ProxyRequest, stage } from '../../../../lambdas/proxy/stage.ts';
import { type Background, settling } from '../../../../lambdas/proxy/stages/settling.ts';
import { lambdaContext, proxyEvent } from '../../../support/event.ts';

interface Steps {
  readonly work: readonly WorkAtEnd[];
  readonly background?: Background;
  /** What the stage outside of it does with an answer. */
  readonly after?: (request: ProxyRequest) => void;
  readonly handle?: () => Promise<ProxyResult>;
}

async function send({ work, background, after, handle = async () => ({ statusCode: 200 }) }: Steps) {
  const pipeline = middy<ProxyEvent, ProxyResult, unknown, ProxyContext>({ timeoutEarlyInMillis: 0 })
    .use({
      before: ({ context }) => {
        context.exchange = { requestId: 'request-1' } satisfies Exchange;
      },
      after: (request) => after?.(request),
      onError: (request) => {
        request.response = { statusCode: 500 };
      },
    })
    .use(settling([background, undefined]))
    .use(
      stage({
        needs: ['atEnd'],
        gives: ['client'],
        before: (_, { atEnd }) => {
          atEnd.push(...work);
          return { client: 'sub:alice' };
        },
      }),
    )
    .handler(handle);
  return pipeline(proxyEvent(), lambdaContext());
}

it('work of a request starts when there is an answer, all in one turn, and ends before the reply leaves', async () => {
  const seen: string[] = [];
  const held = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const reply = send({
    work: [
      () => {
        seen.push('first');
        setImmediate(() => seen.push('next turn'));
        return held.promise;
      },
      () => undefined,
      async () => {
        seen.push('second');
        started.resolve();
      },
    ],
    handle: async () => {
      seen.push('answer');
      return { statusCode: 200 };
    },
  }).then(() => seen.push('reply'));
  await started.promise;
  await new Promise((next) => setImmediate(next));
  expect(seen).toEqual(['answer', 'first', 'second', 'next turn']);
  held.resolve();
  await reply;
  expect(seen.at(-1)).toBe('reply');
});

it('background work that a request’s own work begins is waited for as well', async () => {
  let background: Promise<void> | undefined;
  let isDone = false;
  const result = await send({
    work: [
      async () => {
        background = new Promise<void>((done) => setImmediate(done)).then(() => {
          isDone = true;
        });
      },
    ],
    background: { settled: () => background },
  });
  expect(result).toEqual({ statusCode: 200 });
  expect(isDone).toBe(true);
});

it.each<[string, Partial<Steps>]>([
  ['the handler fails', { handle: () => Promise.reject(new Error('a fault')) }],
  [
    'a stage outside of it fails on the way back',
    {
      after: () => {
        throw new Error('a fault');
      },
    },
  ],
])('work of a request is done once where %s', async (_, steps) => {
  let starts = 0;
  const result = await send({
    work: [
      async () => {
        starts += 1;
      },
    ],
    ...steps,
  });
  expect(result).toEqual({ statusCode: 500 });
  expect(starts).toBe(1);
});
