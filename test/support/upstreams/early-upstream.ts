import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { EarlyAnswer } from './early-upstream-process.ts';

export interface EarlyUpstream {
  readonly urls: Readonly<Record<EarlyAnswer, string>>;
  stop(): Promise<void>;
}

/**
 * Servers that answer before they have read the body. They are in a process of their own: in the client's, neither could
 * close a connection in the middle of what the other one does.
 */
export async function serveEarly(): Promise<EarlyUpstream> {
  const child = fork(new URL('early-upstream-process.ts', import.meta.url), { execArgv: [] });
  const [urls] = await once(child, 'message');
  return {
    urls: urls as EarlyUpstream['urls'],
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
