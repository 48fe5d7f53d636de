import jwt from 'jsonwebtoken';
import { keyOf } from './key-by-fetch.mjs';

const options = { algorithms: ['RS256', 'ES256'], issuer: 'https://auth.example.com', audience: 'api' };

export async function handler(event) {
  const token = event.headers.authorization.slice('Bearer '.length);
  const { kid } = jwt.decode(token, { complete: true }).header;
  const { sub } = jwt.verify(token, await keyOf(kid), options);
  return { isAuthorized: true, context: { sub } };
}
