import { createServer } from 'node:http';
import { serve } from './serve.ts';

/** The service behind every gateway: a small JSON answer to each request. */
const BODY = Buffer.from(
  JSON.stringify({ id: 42, name: 'Alice', email: 'alice@example.com', roles: ['admin'], active: true }),
);

serve(
  createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
    response.end(BODY);
  }),
);
