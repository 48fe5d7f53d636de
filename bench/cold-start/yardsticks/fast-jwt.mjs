import { createVerifier } from 'fast-jwt';
import { keyOf } from './key-by-fetch.mjs';

const verify = createVerifier({
  key: ({ header }) => keyOf(header.kid),
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  allowedIss: 'https://auth.example.com',
  allowedAud: 'api',
});

export async function handler(event) {
  const { sub } = await verify(event.headers.authorization.slice('Bearer '.length));
  return { isAuthorized: true, context: { sub } };
}
