import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import type { Rule } from '../contract/limits/operator-rule.ts';
import type { OpenCopies } from './open-copies.ts';

interface PublishOptions {
  readonly store: Pick<RuleStore, 'list'>;
  /** Undefined: the gateway has no Redis. */
  readonly openCopies: (() => Promise<OpenCopies>) | undefined;
}

export interface Publication {
  /** True: the copies in Redis have the rule, so it holds for the next request. */
  readonly pushed: boolean;
  /** Why they do not have it, and what that means. */
  readonly note: string | null;
}

/** Writes a stored rule into the copies in Redis, and rebuilds incomplete copies. Never throws. */
export async function publish(rule: Rule, { store, openCopies }: PublishOptions): Promise<Publication> {
  if (openCopies === undefined) {
    return { pushed: false, note: 'stored; the gateway has no redis: functions read it from the table' };
  }
  let open: OpenCopies | undefined;
  try {
    open = await openCopies();
    const complete = await open.copies.push(rule);
    if (!complete) await rebuild(open, store);
    return { pushed: true, note: null };
  } catch (error) {
    return {
      pushed: false,
      note: `stored; redis cannot be written (${describeError(error)}): instances see it within 60 s`,
    };
  } finally {
    open?.close();
  }
}

/** The copies have the rule itself already. An instance that misses another rule fetches it. */
async function rebuild({ copies }: OpenCopies, store: PublishOptions['store']): Promise<void> {
  try {
    const complete = await copies.rebuild(() => store.list({ consistent: true }));
    if (!complete) writeLine({ message: 'copies of the rules not complete: redis was flushed meanwhile' });
  } catch (error) {
    writeLine({ message: 'copies of the rules not made anew', error: describeError(error) });
  }
}
