import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Passed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PassedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Changes an answer, or gives one without asking for it. */
export type Fault = (request: PassedRequest, pass: () => Promise<Passed>) => Promise<Passed>;

export interface BreakingProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Stands before a gateway and answers otherwise than it does. */
export async function breakAnswers(url: string, faults: readonly Fault[]): Promise<BreakingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await buffer(incoming);
    const pass = faults.reduce<() => Promise<Passed>>(
      (next, fault) => () => fault({ method, path, headers }, next),
      () => forward(url, { method, path, headers }, body),
    );
    const answer = await pass();
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(url: string, { method, path, headers }: PassedRequest, body: Buffer): Promise<Passed> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = send({ hostname, port, method, path, headers, agent: false });
    outgoing.once('error', reject);
    outgoing.once('response', async (incoming) => {
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: await buffer(incoming) });
    });
    outgoing.end(body);
  });
}

/** As where API Gateway renames the challenge, and nothing writes it anew. */
export const withoutChallenge: Fault = async (_, pass) => {
  const answer = await pass();
  const { 'www-authenticate': _challenge, ...headers } = answer.headers;
  return { ...answer, headers };
};

/** As where the authorizer is asked about preflights. */
export const refusedPreflights: Fault = async ({ method, path }, pass) =>
  method === 'OPTIONS' && path.startsWith('/api/')
    ? { status: 403, headers: {}, body: Buffer.from('{"message":"Forbidden"}') }
    : pass();

/** As where API Gateway keeps verdicts by the credential alone: the first refusal answers for all routes. */
export function sharedVerdicts(): Fault {
  const refusals = new Map<string, Passed>();
  return async ({ headers }, pass) => {
    const credential = headers.authorization ?? '';
    const kept = refusals.get(credential);
    if (kept !== undefined) return kept;
    const answer = await pass();
    if (credential !== '' && answer.status === 401) refusals.set(credential, answer);
    return answer;
  };
}

/** As where two instances count alone: of each client one request more passes than the limit says. */
export function oneTooMany(): Fault {
  const clients = new Set<string>();
  return async ({ headers }, pass) => {
    const answer = await pass();
    const client = headers.authorization ?? '';
    if (answer.status !== 429 || clients.has(client)) return answer;
    clients.add(client);
    return { ...answer, status: 200 };
  };
}
