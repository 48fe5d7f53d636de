import type { Limiter } from '../../core/limits/limiter.ts';
import type { ExchangeWith } from '../exchange.ts';
import { type ProxyRequest, type Stage, stage } from '../stage.ts';

/** Has work that this instance began beside its requests. */
export type Background = Pick<Limiter, 'settled'>;

/**
 * The one place where the reply waits for what goes on beside the answer. Lambda freezes the instance with the reply, and
 * work that is not awaited would freeze with it. All work of the request starts in one turn of the event loop, so that its
 * calls to a store leave together.
 */
export function settling(background: readonly (Background | undefined)[]): Stage<'requestId', 'atEnd'> {
  const settled = () => together(background.map((work) => work?.settled()));

  function settle({ context }: ProxyRequest, { atEnd }: ExchangeWith<'atEnd'>): Promise<void> | undefined {
    const { forwarded } = context.exchange;
    // Emptied: middy comes here a second time when a step after this one fails.
    const work = together(atEnd.splice(0).map((start) => start(forwarded)));
    return work === undefined ? settled() : work.then(settled);
  }

  return stage({
    needs: ['requestId'],
    gives: ['atEnd'],
    before: () => ({ atEnd: [] }),
    back: settle,
  });
}

/** Undefined where there is nothing to wait for: middy then goes on at once. */
function together(work: readonly (Promise<unknown> | undefined)[]): Promise<void> | undefined {
  const begun = work.filter((one) => one !== undefined);
  return begun.length === 0 ? undefined : Promise.all(begun).then(() => undefined);
}
