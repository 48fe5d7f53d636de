import type { MiddlewareObj, Request } from '@middy/core';
import type { Problem } from '../core/http/problem.ts';
import type { ExchangeWith, Forwarded, Part, ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';

export type ProxyRequest = Request<ProxyEvent, ProxyResult, unknown, ProxyContext>;
type Middleware = MiddlewareObj<ProxyEvent, ProxyResult, unknown, ProxyContext>;

/** One step of the pipeline: a middleware of middy that declares which parts it needs and which it gives. */
export interface Stage<Needs extends Part, Gives extends Part> extends Middleware {
  readonly needs: readonly Needs[];
  readonly gives: readonly Gives[];
}

/** The last step, which makes the answer. */
export interface Handler<Needs extends Part> {
  readonly needs: readonly Needs[];
  readonly handle: (event: ProxyEvent, context: ProxyContext) => Promise<ProxyResult>;
}

type MaybePromise<T> = T | Promise<T>;

interface StageSteps<Needs extends Part, Gives extends Part> {
  readonly needs: readonly Needs[];
  readonly gives: readonly Gives[];
  /** On the way in: returns the parts that this stage gives. It throws a `Problem` to refuse the request without them. */
  readonly before: (request: ProxyRequest, exchange: ExchangeWith<Needs>) => MaybePromise<ExchangeWith<Gives>>;
  /** Why the request goes no further, once its parts are there for the log line. */
  readonly refusal?: (exchange: ExchangeWith<Needs | Gives>) => Problem | undefined;
  /** On the way back, with a response or an error, if this stage has given its parts. */
  readonly back?: (request: ProxyRequest, exchange: ExchangeWith<Needs | Gives>) => MaybePromise<void> | undefined;
}

/** A stage also checks at run time that its parts are there: in any other pipeline it throws, and no request passes. */
export function stage<const Needs extends Part, const Gives extends Part>({
  needs,
  gives,
  before,
  refusal,
  back,
}: StageSteps<Needs, Gives>): Stage<Needs, Gives> {
  const give = ({ context }: ProxyRequest, given: ExchangeWith<Gives>): void => {
    const exchange = Object.assign(context.exchange, given) as ExchangeWith<Needs | Gives>;
    const problem = refusal?.(exchange);
    if (problem !== undefined) throw problem;
  };
  const wayBack = (request: ProxyRequest) => {
    if (missingOf(gives, request.context) !== undefined) return undefined;
    return back?.(request, request.context.exchange as ExchangeWith<Needs | Gives>);
  };
  return {
    needs,
    gives,
    before: (request) => {
      const given = before(request, exchangeWith(needs, request.context));
      return given instanceof Promise ? given.then((later) => give(request, later)) : give(request, given);
    },
    ...(back && { after: wayBack, onError: wayBack }),
  };
}

/** The handler notes each attempt when it ends: the log line and the circuit need it even if a fault follows. */
export function handler<const Needs extends Part>(
  needs: readonly Needs[],
  handle: (exchange: ExchangeWith<Needs>, note: (forwarded: Forwarded) => void) => Promise<ProxyResult>,
): Handler<Needs> {
  return {
    needs,
    handle: async (_, context) =>
      handle(exchangeWith(needs, context), (forwarded) => Object.assign(context.exchange, { forwarded })),
  };
}

/** @throws TypeError, which `answers` turns into a 500, when a part is missing */
function exchangeWith<Needs extends Part>(needs: readonly Needs[], context: ProxyContext): ExchangeWith<Needs> {
  const missing = missingOf(needs, context);
  if (missing !== undefined) throw new TypeError(`no stage before this one gave the part ${missing}`);
  return context.exchange as ExchangeWith<Needs>;
}

/** The log line makes the exchange, so a pipeline without it has none. */
function missingOf(parts: readonly Part[], { exchange }: Partial<ProxyContext>): Part | undefined {
  for (const part of parts) if (exchange?.[part] === undefined) return part;
  return undefined;
}
