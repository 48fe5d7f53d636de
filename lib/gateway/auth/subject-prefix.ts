import { InvalidPropError } from '../../invalid-prop.ts';

/** No `|`, which ends the prefix: the subjects of two prefixes are never the same. */
const PREFIX = /^[A-Za-z0-9._-]{1,32}$/;

interface Prefixed {
  readonly issuer: string;
  readonly subjectPrefix?: string | null;
}

/** @throws InvalidPropError if subjects of several issuers could be equal, and no prop allows it */
export function checkSubjectPrefixes(issuers: readonly Prefixed[]): void {
  const owners = new Map<string, string>();
  for (const { issuer, subjectPrefix } of issuers) {
    if (subjectPrefix === undefined) {
      if (issuers.length === 1) continue;
      throw new InvalidPropError(
        `each of several issuers must state its subjectPrefix, got none at ${issuer}: alice of one issuer is not alice of another; write one like 'partner', or null where its subjects are people of the gateway's own`,
      );
    }
    if (subjectPrefix === null) continue;
    const owner = owners.get(subjectPrefix);
    if (owner !== undefined) {
      throw new InvalidPropError(
        `each issuer must have a subjectPrefix of its own, got ${JSON.stringify(subjectPrefix)} at ${owner} and ${issuer}: give one of them another, or null to both if their subjects are the same people`,
      );
    }
    owners.set(subjectPrefix, issuer);
  }
}

export function checkSubjectPrefix(prefix: string): void {
  if (PREFIX.test(prefix)) return;
  throw new InvalidPropError(
    `subjectPrefix must be 1 to 32 letters, digits and . _ -, got ${JSON.stringify(prefix)}: write one like 'partner', which makes its alice partner|alice`,
  );
}
