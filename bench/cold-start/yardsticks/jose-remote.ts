// The usual authorizer: jose with its own remote key set, which is built on global fetch.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const keys = createRemoteJWKSet(new URL(process.env['BENCH_JWKS_URL'] ?? ''));

export async function handler(event: { readonly headers: { readonly authorization: string } }) {
  const { payload } = await jwtVerify(event.headers.authorization.slice('Bearer '.length), keys, {
    issuer: 'https://auth.example.com',
    audience: 'api',
  });
  return { isAuthorized: true, context: { sub: payload.sub } };
}
