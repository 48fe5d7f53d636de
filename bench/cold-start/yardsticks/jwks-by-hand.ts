// The least that a first verdict needs: the key set over node:http, the signature by node:crypto; no check of a claim.
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { get } from 'node:http';

interface Event {
  readonly headers: { readonly authorization: string };
}

interface Key extends JsonWebKey {
  readonly kid: string;
}

function fetchKeys(): Promise<readonly Key[]> {
  return new Promise((resolve, reject) => {
    get(process.env['BENCH_JWKS_URL'] ?? '', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text).keys));
    }).on('error', reject);
  });
}

export async function handler(event: Event) {
  const [header = '', payload = '', signature = ''] = event.headers.authorization.slice('Bearer '.length).split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const key = (await fetchKeys()).find((candidate) => candidate.kid === kid);
  if (key === undefined) return { isAuthorized: false };
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const signed = Buffer.from(`${header}.${payload}`);
  return { isAuthorized: verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url')) };
}
