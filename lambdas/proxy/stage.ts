import type { MiddlewareObj, Request } from '@middy/core';
import type { Exchange, Part, Parts, ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';

export type ProxyRequest = Request<ProxyEvent, ProxyResult, unknown, ProxyContext>;
type Middleware = MiddlewareObj<ProxyEvent, ProxyResult, unknown, ProxyContext>;

/** An exchange that has these parts already. */
export type ExchangeWith<Needs extends Part> = Exchange & Pick<Parts, Needs>;

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

interface StageSteps<Needs extends Part, Gives extends Part> {
  readonly needs: readonly Needs[];
  readonly gives: readonly Gives[];
  /** On the way in. A throw refuses the request. */
  readonly before: (request: ProxyRequest, exchange: ExchangeWith<Needs>) => Promise<void> | void;
  /** On the way back, where the answer is there; `onError`: where the request was refused. Neither relies on `needs`. */
  readonly after?: (request: ProxyRequest) => Promise<void> | undefined | void;
  readonly onError?: (request: ProxyRequest) => Promise<void> | undefined | void;
}

/** A stage that checks at run time, too, that its parts are there: in any other pipeline it throws, and nothing passes. */
export function stage<const Needs extends Part, const Gives extends Part>({
  before,
  ...steps
}: StageSteps<Needs, Gives>): Stage<Needs, Gives> {
  return { ...steps, before: (request) => before(request, exchangeWith(steps.needs, request.context)) };
}

export function handler<const Needs extends Part>(
  needs: readonly Needs[],
  handle: (exchange: ExchangeWith<Needs>) => Promise<ProxyResult>,
): Handler<Needs> {
  return { needs, handle: async (_, context) => handle(exchangeWith(needs, context)) };
}

/** @throws TypeError, which `answers` turns into a 500, when a part is missing */
function exchangeWith<Needs extends Part>(needs: readonly Needs[], { exchange }: ProxyContext): ExchangeWith<Needs> {
  for (const part of needs) {
    if (exchange?.[part] === undefined) throw new TypeError(`no stage before this one gave the part ${part}`);
  }
  return exchange as ExchangeWith<Needs>;
}
