import type { Acceptance, AuthPolicy, CredentialKind } from '../../lambdas/contract/auth/auth-policy.ts';
import type { ClaimTest } from '../../lambdas/contract/auth/claim-test.ts';

const KINDS: Readonly<Record<CredentialKind, string>> = { jwt: 'jwt', apiKey: 'api key' };

/** Who may call a route, in a few words: `jwt (payments:refund)`, `optional jwt`, `jwt or api key in x-api-key`. */
export function authText(policy: AuthPolicy): string {
  if (policy.type === 'none') return 'none';
  const accepted = policy.accepts.map(acceptanceText).join(' or ');
  return policy.type === 'optional' ? `optional ${accepted}` : accepted;
}

function acceptanceText({ kind, header, ...asked }: Acceptance): string {
  const where = header === null ? '' : ` in ${header}`;
  const conditions = conditionsOf(asked).join(', ');
  return `${KINDS[kind]}${where}${conditions && ` (${conditions})`}`;
}

function conditionsOf({ scopes, anyScope, roles, anyRole, claims }: Omit<Acceptance, 'kind' | 'header'>): string[] {
  return [
    scopes.join(' '),
    anyScope.join(' or '),
    roles.length > 0 ? `role ${roles.join(' and ')}` : '',
    anyRole.length > 0 ? `role ${anyRole.join(' or ')}` : '',
    ...claims.map(claimText),
  ].filter((text) => text !== '');
}

function claimText({ claim, op, value }: ClaimTest): string {
  return `${claim} ${op} ${JSON.stringify(value)}`;
}
