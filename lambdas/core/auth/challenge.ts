import { CHALLENGE_HEADER } from '../../contract/auth/challenge-header.ts';

/** Repeats a challenge, the gateway's or the upstream's, under the name that API Gateway leaves alone. */
export function withChallenge(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const challenge = headers['www-authenticate'];
  return challenge === undefined ? headers : { ...headers, [CHALLENGE_HEADER]: challenge };
}
