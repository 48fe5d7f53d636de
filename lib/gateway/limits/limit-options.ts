import {
  DEFAULT_LOCAL_SHARE,
  LIMIT_BY,
  ON_STORE_FAILURE,
  type OnStoreFailure,
} from '../../../lambdas/contract/limits/limit-policy.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import { BOOLEAN, checkProps, NUMBER, oneOf, optional, type PropKinds, text } from '../props/check-props.ts';

/** The options of every kind of limit. */
export interface LimitOptions {
  /**
   * True: counts and reports what the limit would refuse, and refuses nothing. On a route it is added to the limits of its
   * service and replaces none.
   *
   * @default false
   */
  readonly shadow?: boolean;
  /**
   * What the function does with a request while Redis does not answer: `local` counts it in the memory of this instance of the
   * function, `open` lets it pass, `closed` answers 503.
   *
   * @default 'local'
   */
  readonly onStoreFailure?: OnStoreFailure;
  /**
   * Share of the limit, above 0 and up to 1, that one instance of the function lets pass while it counts alone.
   *
   * @default 0.5
   */
  readonly localShare?: number;
  /**
   * The limit's name in headers, logs, metrics and operators' commands: at most 31 lower-case letters, digits and hyphens.
   *
   * @default - by what it counts and where it is put: `client`, `ip-bucket`, `gateway-client`, `client-shadow`
   */
  readonly name?: string;
}

export const LIMIT_OPTIONS = {
  shadow: optional(BOOLEAN),
  onStoreFailure: optional(oneOf(...ON_STORE_FAILURE)),
  localShare: optional(NUMBER),
  name: optional(text('login')),
} satisfies PropKinds<LimitOptions>;

export const BY = oneOf(...LIMIT_BY);

const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;

/**
 * The options of a limit, with defaults. Without a name it is '': `placedLimits` gives one.
 *
 * @throws InvalidPropError for an option that is not among `kinds`, or has an impossible value
 */
export function limitOptions<Options extends LimitOptions>(options: Options, kinds: PropKinds<Options>) {
  about('the options of a rate limit', () => checkProps(options, kinds));
  const { shadow = false, onStoreFailure = 'local', localShare = DEFAULT_LOCAL_SHARE, name } = options;
  if (!(localShare > 0 && localShare <= 1)) {
    throw new InvalidPropError(
      `localShare must be more than 0 and at most 1, got ${localShare}: 0.5 lets one instance of the function pass half of the limit; write onStoreFailure: 'closed' to let none pass`,
    );
  }
  if (name !== undefined && !NAME.test(name)) {
    throw new InvalidPropError(
      `the name of a limit must be at most 31 lower-case letters, digits and hyphens and not start with a hyphen, got ${JSON.stringify(name)}: write one like 'login'`,
    );
  }
  return { name: name ?? '', shadow, onStoreFailure, localShare };
}
