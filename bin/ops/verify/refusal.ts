import type { ProbeAnswer } from './probe.ts';

export const NOT_TAKEN = 'the service does not take this credential; give a token with --token-env';
export const NO_SERVICE = 'no service has this path; name one with --service or --path';

/** Whether the gateway refused the credential. */
export function isRefusal({ status }: Pick<ProbeAnswer, 'status'>): boolean {
  return status === 401 || status === 403;
}
