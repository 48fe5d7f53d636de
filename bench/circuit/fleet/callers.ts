import { join } from 'node:path';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import type { ProxyContext, ProxyEvent, ProxyResult } from '../../../lambdas/proxy/exchange.ts';
import { lambdaContext, proxyEvent } from '../../../test/support/event.ts';
import type { LocalBreaker, MakeBreaker } from '../breaker.ts';
import type { BreakerName } from './orders.ts';

/** What came of one call. */
export interface Called {
  readonly outcome: 'answered' | 'failed' | 'rejected';
  /** For a breaker of this process alone: whether it lets every call through now. */
  readonly isClosed: boolean | undefined;
}

export type Call = () => Promise<Called>;

interface Options {
  /** Number of this process, in the path of its calls. */
  readonly number: number;
  readonly upstream: string;
  readonly openForMs: number;
}

/** Makes a caller whose breaker knows of nothing yet; that of `tollgate` knows what its stores know. */
export type MakeCaller = () => Promise<Call>;

export async function callers(bundle: string, options: Options): Promise<Readonly<Record<BreakerName, MakeCaller>>> {
  const { handler } = (await import(bundle)) as { readonly handler: Handler };
  const tollgate = throughFunction(handler, options);
  return {
    tollgate: async () => tollgate,
    opossum: await through('opossum.mjs', options),
    cockatiel: await through('cockatiel-sampling.mjs', options),
  };
}

type Handler = (event: ProxyEvent, context: ProxyContext) => Promise<ProxyResult>;

/** The whole proxy function, invoked as Lambda invokes it. */
function throughFunction(handler: Handler, { number }: Options): Call {
  return async () => {
    const { statusCode, body } = await handler(proxyEvent({ path: `/api/users/${number}` }), lambdaContext());
    if (statusCode === 200) return { outcome: 'answered', isClosed: undefined };
    const isRejected = statusCode === 503 && JSON.parse(body ?? '').code === 'circuit_open';
    return { outcome: isRejected ? 'rejected' : 'failed', isClosed: undefined };
  };
}

/** A breaker around the same HTTP client. */
async function through(file: string, { number, upstream, openForMs }: Options): Promise<MakeCaller> {
  const { makeBreaker } = (await import(join(import.meta.dirname, '..', 'breakers', file))) as {
    readonly makeBreaker: MakeBreaker<LocalBreaker>;
  };
  const client = new Upstream(upstream);
  let isSent = false;
  const work = async () => {
    isSent = true;
    const message = { method: 'GET', target: `/${number}`, headers: {}, body: undefined };
    const { status } = await client.send(message, TIMEOUT_MS);
    if (status >= 500) throw new Error(`status ${status}`);
  };
  return async () => {
    const breaker = await makeBreaker(work, { openForMs, service: 'users' });
    return async () => {
      isSent = false;
      const answered = await breaker.call().then(
        () => true,
        () => false,
      );
      const outcome = answered ? 'answered' : isSent ? 'failed' : 'rejected';
      return { outcome, isClosed: breaker.isClosed() };
    };
  };
}

const TIMEOUT_MS = 5000;
