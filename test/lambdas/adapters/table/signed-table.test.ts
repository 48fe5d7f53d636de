import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { signedTable, TableCallFailed } from '../../../../lambdas/adapters/table/signed-table.ts';
import type { Item, TableClient } from '../../../../lambdas/adapters/table/table-client.ts';
import { TABLE } from '../../../../lambdas/contract/table.ts';
import { tableClient } from '../../../support/auth/authorizer.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { isSignedWith, type SignedRequest } from '../../../support/aws/signed-request.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { serveHttp, serveTcp } from '../../../support/upstreams/upstream.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const KEY = { partition: 'keys#shop', sort: 'a/ü "1"' };
const ANY = { expression: `attribute_not_exists(${TABLE.partitionKey}) OR attribute_exists(${TABLE.partitionKey})` };
const EXISTS = { expression: `attribute_exists(${TABLE.partitionKey})` };
const EMPTY = '{}';

const closers = closersOf();
const clock = new TestClock();
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  env = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };
});

interface Recorded extends SignedRequest {
  readonly headers: IncomingHttpHeaders;
}

/** A DynamoDB that answers with what a test says, in turn; the last answer stays. */
async function answering(...answers: readonly (RequestListener | string)[]) {
  const requests: Recorded[] = [];
  const server = await serveHttp(async (request, response) => {
    const body = await text(request);
    const { method = '', url: path = '', headers } = request;
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? EMPTY;
    requests.push({ method, path, headers, body });
    if (typeof answer === 'string') response.end(answer);
    else answer(request, response);
  });
  closers.push(server.stop);
  env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
  return { requests, url: server.url };
}

function failing(status: number, type = ''): RequestListener {
  return (_, response) => {
    response.writeHead(status).end(type && JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}` }));
  };
}

function client(timeoutMs = 5000, attempt: { readonly attemptMs?: number } = {}): TableClient {
  return signedTable({ table: 'tollgate', env, clock: clock.now, timeoutMs, ...attempt });
}

describe('on a table', () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await startTable();
  });
  afterEach(() => table.stop());

  it('an item that is put is got, whatever letters are in it', async () => {
    const attributes: Item = { name: { S: 'snowman ☃ "\\\n' }, count: { N: '12' } };
    const shared = tableClient(table, Date.now);
    expect(await shared.get(KEY)).toBeUndefined();
    expect(await shared.put(KEY, attributes, ANY)).toBe(true);
    for (const consistent of [true, false]) {
      expect(await shared.get(KEY, { consistent })).toEqual({
        pk: { S: KEY.partition },
        sk: { S: KEY.sort },
        ...attributes,
      });
    }
  });

  it('a write whose condition does not hold writes nothing, and is no fault', async () => {
    const shared = tableClient(table, Date.now);
    expect(await shared.put(KEY, { count: { N: '1' } }, EXISTS)).toBe(false);
    expect(await shared.update(KEY, 'SET n = :n', { ...EXISTS, values: { ':n': { N: '1' } } })).toBe(false);
    expect(await shared.get(KEY)).toBeUndefined();
  });

  it('one attribute is set and the others stay, names and values of a condition beside it', async () => {
    const shared = tableClient(table, Date.now);
    await shared.put(KEY, { count: { N: '1' }, name: { S: 'kept' } }, ANY);
    const older = { expression: '#c < :new', names: { '#c': 'count' }, values: { ':new': { N: '2' } } };
    expect(await shared.update(KEY, 'SET #c = :new', older)).toBe(true);
    expect(await shared.update(KEY, 'SET #c = :new', older)).toBe(false);
    expect(await shared.get(KEY)).toMatchObject({ count: { N: '2' }, name: { S: 'kept' } });
  });

  it('that is not there, a call fails with what DynamoDB says', async () => {
    const lost = tableClient({ ...table, name: 'lost' }, Date.now);
    await expect(lost.get(KEY)).rejects.toMatchObject({
      code: 'table_call_failed',
      message: expect.stringContaining('400 ResourceNotFoundException'),
    });
  });
});

describe('a request', () => {
  it('is what the AWS SDK sends for the same call, with a signature as good', async () => {
    const { requests, url } = await answering();
    env['AWS_SESSION_TOKEN'] = 'session/token+with=signs';
    const sdk = new DynamoDBClient({
      endpoint: url,
      region: 'eu-central-1',
      credentials: {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: SECRET,
        sessionToken: env['AWS_SESSION_TOKEN'] as string,
      },
    });
    closers.push(() => sdk.destroy());
    for (const table of [sdkTable(sdk, 'tollgate'), client()]) {
      await table.get(KEY);
      await table.put(KEY, { n: { N: '1' } });
      await table.put(KEY, { n: { M: { ü: { N: '1' } } } }, EXISTS);
      await table.update(KEY, 'SET #n = :n', { ...EXISTS, names: { '#n': 'n' }, values: { ':n': { N: '1' } } });
      await table.query(KEY.partition, { prefix: 'a', after: 'a/b', Limit: 3, ScanIndexForward: false });
      await table.query(KEY.partition, { FilterExpression: 'n < :n', values: { ':n': { N: '1' } }, Select: 'COUNT' });
    }

    const calls = requests.length / 2;
    expect(calls).toBe(6);
    for (const request of requests) expect(isSignedWith(SECRET, request)).toBe(true);
    for (let call = 0; call < calls; call += 1) {
      const [theirs, ours] = [requests[call], requests[calls + call]] as [Recorded, Recorded];
      expect(ours).toMatchObject({ method: theirs.method, path: theirs.path });
      expect(JSON.parse(ours.body)).toEqual(JSON.parse(theirs.body));
      for (const name of ['content-type', 'x-amz-target', 'host', 'x-amz-security-token']) {
        expect(ours.headers[name]).toBe(theirs.headers[name]);
      }
    }
  });

  it.each<[string, (request: Recorded) => SignedRequest]>([
    ['body', (request) => ({ ...request, body: `${request.body} ` })],
    ['operation', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-target': 'DeleteItem' } })],
    ['host', (request) => ({ ...request, headers: { ...request.headers, host: 'elsewhere' } })],
    ['time', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-date': '20260101T000001Z' } })],
  ])('is signed with its %s', async (_, change) => {
    const { requests } = await answering();
    await client().get(KEY);
    const [request] = requests as [Recorded];
    expect(isSignedWith(SECRET, request)).toBe(true);
    expect(isSignedWith(SECRET, change(request))).toBe(false);
  });

  it('is dated by the clock and signed with the credentials of its time', async () => {
    const { requests } = await answering();
    const kept = client();
    await kept.get(KEY);
    clock.advance(3_600_000);
    Object.assign(env, { AWS_ACCESS_KEY_ID: 'AKIDNEXT', AWS_SECRET_ACCESS_KEY: 'next', AWS_SESSION_TOKEN: 'token' });
    await kept.get(KEY);
    const [before, after] = requests as [Recorded, Recorded];
    expect(before.headers['x-amz-date']).toBe('20260101T000000Z');
    expect(after.headers).toMatchObject({ 'x-amz-date': '20260101T010000Z', 'x-amz-security-token': 'token' });
    expect(after.headers['authorization']).toContain('Credential=AKIDNEXT/');
    expect(isSignedWith('next', after)).toBe(true);
  });

  it('is not sent without credentials, and nothing says what they are', async () => {
    const { requests } = await answering();
    delete env['AWS_ACCESS_KEY_ID'];
    const failed = await client()
      .get(KEY)
      .catch((error) => error);
    expect(failed).toMatchObject({ code: 'table_call_failed', message: expect.stringContaining('AWS_ACCESS_KEY_ID') });
    expect(String(failed)).not.toContain(SECRET);
    expect(requests).toEqual([]);
  });
});

describe('a call', () => {
  it.each([
    ['a fault of the server', failing(500, 'InternalServerError')],
    ['a server that is not ready', failing(503)],
    ['too many requests', failing(400, 'ThrottlingException')],
    ['a table with too little throughput', failing(400, 'ProvisionedThroughputExceededException')],
  ])('is made once more after %s', async (_, fault) => {
    const { requests } = await answering(fault, '{"Item":{}}');
    expect(await client().get(KEY)).toEqual({});
    expect(requests).toHaveLength(2);
  });

  it('is made no third time', async () => {
    const { requests } = await answering(failing(500, 'InternalServerError'));
    await expect(client().get(KEY)).rejects.toMatchObject({ message: expect.stringContaining('InternalServerError') });
    expect(requests).toHaveLength(2);
  });

  it.each(['ValidationException', 'AccessDeniedException', 'UnrecognizedClientException'])(
    'that ends with %s is not made again: it would end so again',
    async (type) => {
      const { requests } = await answering(failing(400, type));
      await expect(client().get(KEY)).rejects.toMatchObject({
        message: expect.stringContaining(`DynamoDB answered 400 ${type}`),
      });
      expect(requests).toHaveLength(1);
    },
  );

  it('keeps its connection, and makes another one when that turns out to be closed', async () => {
    const used: number[] = [];
    const server = await serveDynamo((socket, connection, request) => {
      used.push(connection);
      // Says nothing about it, as a server that gave an idle connection up while the instance was frozen.
      if (connection === 0 && request === 2) socket.resetAndDestroy();
      else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${EMPTY}`);
    });
    env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
    const kept = client();
    for (let call = 0; call < 3; call += 1) await kept.get(KEY);
    expect(used).toEqual([0, 0, 0, 1]);
  });

  it('makes another one also where it has kept several: all of them may have been closed', async () => {
    const both = Promise.withResolvers<void>();
    let open = 0;
    const server = await serveDynamo(async (socket, connection, request) => {
      if (connection < 2 && request > 0) return socket.resetAndDestroy();
      // Neither of the first two is answered before both are there, so that neither takes the other's connection.
      open += 1;
      if (open === 2) both.resolve();
      await both.promise;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${EMPTY}`);
    });
    env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
    const kept = client();
    await Promise.all([kept.get(KEY), kept.get(KEY)]);
    expect(await kept.get(KEY)).toBeUndefined();
    expect(open).toBe(3);
  });

  it('over a new connection that breaks is not made again', async () => {
    let requests = 0;
    const server = await serveDynamo((socket) => {
      requests += 1;
      socket.resetAndDestroy();
    });
    env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
    await expect(client().get(KEY)).rejects.toBeInstanceOf(TableCallFailed);
    expect(requests).toBe(1);
  });

  it('has one deadline for both of its attempts', async () => {
    const asked = Promise.withResolvers<void>();
    await answering(failing(500), () => asked.resolve());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    closers.push(() => vi.useRealTimers());
    const called = client(400)
      .get(KEY)
      .catch((error) => error);
    await asked.promise;
    vi.advanceTimersByTime(400);
    expect(await called).toMatchObject({ message: expect.stringContaining('gave no whole answer within 400 ms') });
  });

  it.each<[string, RequestListener | string]>([
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['more than an item can be', (_, response) => response.end(Buffer.alloc(513 * 1024, ' '))],
    ['a redirect', (_, response) => response.writeHead(307, { location: 'https://elsewhere.example.com' }).end()],
    ['an error that is none of its own', (_, response) => response.writeHead(403).end('<html>')],
    [
      'half an answer',
      (_, response) => response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
    ],
  ])('that is answered with %s fails', async (_, answer) => {
    await answering(answer);
    for (const call of [client().get(KEY), client().put(KEY, { n: { N: '1' } }, EXISTS)]) {
      await expect(call).rejects.toMatchObject({ code: 'table_call_failed' });
    }
  });

  it('that nobody answers fails', async () => {
    env['AWS_ENDPOINT_URL_DYNAMODB'] = `http://127.0.0.1:${await freePort()}`;
    await expect(client().get(KEY)).rejects.toMatchObject({ message: expect.stringContaining('cannot be reached') });
  });

  it('of a page may be answered with more than an item can be', async () => {
    const items = Array.from({ length: 1000 }, () => ({ rule: { S: 'x'.repeat(1000) } }));
    await answering(
      JSON.stringify({ Items: items, Count: 1000, LastEvaluatedKey: { pk: { S: 'p' }, sk: { S: 's' } } }),
    );
    expect(await client().query('p', {})).toEqual({ items, count: 1000, next: 's' });
  });

  it('of a page that is answered with more than a page can be fails, and is not made again', async () => {
    const { requests } = await answering((_, response) => response.end(Buffer.alloc(8 * 1024 * 1024 + 1, ' ')));
    await expect(client(5000, { attemptMs: 5000 }).query('p', {})).rejects.toMatchObject({
      message: expect.stringContaining('sent more than 8388608 bytes'),
    });
    expect(requests).toHaveLength(1);
  });
});

describe('a call whose attempts have a deadline of their own', () => {
  const patient = () => client(5000, { attemptMs: 5000 });

  it('is made again after a new connection that breaks', async () => {
    const server = await serveDynamo((socket, connection) => {
      if (connection === 0) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"Item":{}}');
    });
    env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
    expect(await patient().get(KEY)).toEqual({});
  });

  it('is made again after half an answer', async () => {
    const { requests } = await answering(
      (_, response) => response.writeHead(200, { 'content-length': 11 }).write('{"Item', () => response.destroy()),
      '{"Item":{}}',
    );
    expect(await patient().get(KEY)).toEqual({});
    expect(requests).toHaveLength(2);
  });

  it.each([
    ['a connection that breaks', (socket: Socket) => socket.resetAndDestroy()],
    ['a connection that closes', (socket: Socket) => socket.end()],
  ])('is made no third time after %s', async (_, fault) => {
    let requests = 0;
    const server = await serveDynamo((socket) => {
      requests += 1;
      fault(socket);
    });
    env['AWS_ENDPOINT_URL_DYNAMODB'] = server.url;
    await expect(patient().get(KEY)).rejects.toBeInstanceOf(TableCallFailed);
    expect(requests).toBe(2);
  });

  it.each<[string, RequestListener | string]>([
    ['no JSON', '<html>'],
    ['more than an item can be', (_, response) => response.end(Buffer.alloc(513 * 1024, ' '))],
    ['a condition that does not hold', failing(400, 'ConditionalCheckFailedException')],
    ['an error that would come again', failing(400, 'ValidationException')],
  ])('is not made again after %s', async (_, answer) => {
    const { requests } = await answering(answer);
    await patient()
      .put(KEY, {}, EXISTS)
      .catch(() => undefined);
    expect(requests).toHaveLength(1);
  });

  describe('and a server that is slow', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      closers.push(() => vi.useRealTimers());
    });
    const proxyCall = () =>
      client(1100, { attemptMs: 500 })
        .get(KEY)
        .catch((error) => error);

    it('is made again on a new connection when no answer begins in time', async () => {
      const asked = Promise.withResolvers<void>();
      await answering(() => asked.resolve(), '{"Item":{}}');
      const called = proxyCall();
      await asked.promise;
      vi.advanceTimersByTime(500);
      expect(await called).toEqual({});
    });

    it('is given up when no second answer begins in time', async () => {
      const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const { requests } = await answering(() => asked[requests.length - 1]?.resolve());
      const called = proxyCall();
      for (const { promise } of asked) {
        await promise;
        vi.advanceTimersByTime(500);
      }
      expect(await called).toMatchObject({ message: expect.stringContaining('began no answer within 500 ms') });
      expect(requests).toHaveLength(2);
    });

    it('is given up at its deadline, and not made again, when an answer begins and does not end', async () => {
      const begun = Promise.withResolvers<unknown>();
      const begins = (message: unknown) => begun.resolve(message);
      subscribe('http.client.response.finish', begins);
      closers.push(() => unsubscribe('http.client.response.finish', begins));
      const { requests } = await answering((_, response) => {
        response.writeHead(200, { 'content-length': 9 }).write('{');
      });
      const called = proxyCall();
      await begun.promise;
      vi.advanceTimersByTime(1100);
      expect(await called).toMatchObject({ message: expect.stringContaining('gave no whole answer within 1100 ms') });
      expect(requests).toHaveLength(1);
    });
  });
});

/** Answers each request on each connection, both counted, as a test says. */
async function serveDynamo(answer: (socket: Socket, connection: number, request: number) => void) {
  let connections = 0;
  const server = await serveTcp((socket) => {
    const connection = connections++;
    let requests = 0;
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes;
      if (!received.endsWith('}')) return;
      received = '';
      answer(socket, connection, requests++);
    });
  });
  closers.push(server.stop);
  return server;
}
