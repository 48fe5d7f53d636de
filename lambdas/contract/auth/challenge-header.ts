/**
 * Carries the value of `WWW-Authenticate` past API Gateway, which may rename that field of a function's answer: the
 * integration writes `WWW-Authenticate` anew from it. Decision 0023.
 */
export const CHALLENGE_HEADER = 'x-authenticate-challenge';
