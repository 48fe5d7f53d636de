// AWS's own library. Its fetcher takes https alone, so that this one asks over node:http.
import { get } from 'node:http';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';

const fetcher = {
  fetch: () =>
    new Promise((resolve, reject) => {
      get(process.env.BENCH_JWKS_URL, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Uint8Array.from(Buffer.concat(chunks)).buffer));
      }).on('error', reject);
    }),
};

const verifier = JwtVerifier.create(
  { issuer: 'https://auth.example.com', audience: 'api', jwksUri: 'https://auth.example.com/.well-known/jwks.json' },
  { jwksCache: new SimpleJwksCache({ fetcher }) },
);

export async function handler(event) {
  const { sub } = await verifier.verify(event.headers.authorization.slice('Bearer '.length));
  return { isAuthorized: true, context: { sub } };
}
