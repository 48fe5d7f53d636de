// For libraries that leave the key set to their users: fetched once, by global fetch.
import { createPublicKey } from 'node:crypto';

let fetching;

/** @returns the key in PEM, which both libraries take */
export async function keyOf(kid) {
  fetching ??= fetch(process.env.BENCH_JWKS_URL).then((response) => response.json());
  const { keys } = await fetching;
  const key = createPublicKey({ key: keys.find((candidate) => candidate.kid === kid), format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' });
}
