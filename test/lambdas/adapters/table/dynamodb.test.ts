import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDynamoDB } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const GET = new GetItemCommand({ TableName: 'tollgate', Key: { pk: { S: 'a' }, sk: { S: 'b' } } });

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => vi.unstubAllEnvs());

/** Asks the table behind `endpoint` and gives what came of it and how long that took. */
async function ask(endpoint: string): Promise<{ error: unknown; elapsedMs: number }> {
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  const client = createDynamoDB({ timeoutMs: 500 });
  const startedAtMs = performance.now();
  const error = await client.send(GET).catch((reason) => reason);
  client.destroy();
  return { error, elapsedMs: performance.now() - startedAtMs };
}

describe('a table that does not answer', () => {
  it('is given up after two short attempts', async () => {
    let requests = 0;
    const silent = await serveTcp((socket) => {
      socket.on('data', () => {
        requests += 1;
      });
    });
    const { error, elapsedMs } = await ask(silent.url);
    expect(error).toBeInstanceOf(Error);
    expect(requests).toBe(2);
    expect(elapsedMs).toBeLessThan(2500);
    await silent.stop();
  });

  it('in full, but trickles, is given up as well', async () => {
    const trickling = await serveTcp((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100000\r\n\r\n{');
        const trickle = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(trickle));
      });
    });
    const { error } = await ask(trickling.url);
    expect(error).toMatchObject({ name: 'AbortError' });
    await trickling.stop();
  });

  it('since nobody listens is given up soon', async () => {
    const { error, elapsedMs } = await ask(`http://127.0.0.1:${await freePort()}`);
    expect(error).toBeInstanceOf(Error);
    expect(elapsedMs).toBeLessThan(2500);
  });
});
