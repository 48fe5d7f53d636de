import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { closersOf } from '../../../support/closers.ts';
import { captureLines } from '../../../support/lines.ts';
import { freePort, startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { relayTo } from '../../../support/redis/tcp-relay.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';
import { startFleet, WORKERS } from './chaos-fleet.ts';

const TIMEOUT = { timeout: 120_000 } as const;

let table: TestTable;
let output: ReturnType<typeof captureLines>;
const closers = closersOf();

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

async function started(args: readonly string[] = [], port?: number): Promise<TestRedis> {
  const server = await startRedis({ args, ...(port !== undefined && { port }) });
  closers.push(server.stop);
  return server;
}

/** A connection of the test's own. */
function adminOf({ port }: TestRedis): Redis {
  const admin = new Redis(port, { enableReadyCheck: false });
  admin.on('error', () => undefined);
  closers.push(() => admin.disconnect());
  return admin;
}

/** Redis is gone for as long as the test wants. */
interface Fault {
  /** @returns what ends it */
  inflict(server: TestRedis): Promise<() => Promise<unknown>>;
  readonly args?: readonly string[];
  /** What the log says of it. */
  readonly error: RegExp;
  /** True: the end comes after some seconds, whether the test is ready or not. */
  readonly endsByItself?: boolean;
  /** True: with it Redis loses what it has counted. */
  readonly forgets?: boolean;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'is killed (kill -9) and started anew': {
    inflict: async ({ process, port }) => {
      const exited = once(process, 'exit');
      process.kill('SIGKILL');
      await exited;
      return () => started([], port);
    },
    error: /ECONNREFUSED|ECONNRESET|EPIPE|retries per request|isn't writeable|Connection is closed/,
    forgets: true,
  },
  'is stopped (SIGSTOP) and goes on (SIGCONT)': {
    inflict: async ({ process }) => {
      process.kill('SIGSTOP');
      return async () => process.kill('SIGCONT');
    },
    error: /no answer within 50 ms/,
  },
  'is busy for seconds (DEBUG SLEEP)': {
    args: ['--enable-debug-command', 'yes'],
    endsByItself: true,
    inflict: async (server) => {
      const awake = adminOf(server).call('DEBUG', 'SLEEP', 2);
      return () => awake;
    },
    error: /no answer within 50 ms/,
  },
  'has no memory left (maxmemory 1, noeviction)': {
    inflict: async (server) => {
      const admin = adminOf(server);
      await admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', 1);
      return () => admin.config('SET', 'maxmemory', 0);
    },
    error: /OOM/,
  },
  'is a replica of nobody (REPLICAOF), and may not be written': {
    inflict: async (server) => {
      const admin = adminOf(server);
      await admin.call('REPLICAOF', '127.0.0.1', await freePort());
      return () => admin.call('REPLICAOF', 'NO', 'ONE');
    },
    error: /READONLY/,
  },
  'loads its data': {
    args: ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'],
    endsByItself: true,
    inflict: async (server) => {
      const admin = adminOf(server);
      for (let key = 0; key < 100; key += 1) await admin.set(`filling-${key}`, 'x'.repeat(100));
      await admin.config('SET', 'key-load-delay', 25_000);
      const loaded = admin.call('DEBUG', 'RELOAD');
      return () => loaded;
    },
    // It may take longer than the deadline until it begins.
    error: /LOADING|no answer within 50 ms/,
  },
};

describe.each(Object.entries(FAULTS))('a redis-server that %s', (_, fault) => {
  it('is lost once and found once, and limits hold all the while', TIMEOUT, async () => {
    const server = await started(fault.args);
    const fleet = await startFleet({ url: server.url, table, closers });
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      const before = fleet.failures();
      const heal = await fault.inflict(server);
      await fleet.all('lost');
      await fleet.asked(5);
      const lost = fleet.told();
      await fleet.asked(60);
      // Only the calls that were under way failed: nobody else was made to wait.
      for (const [index, failures] of fleet.failures().entries())
        expect(failures - (before[index] ?? 0)).toBeLessThanOrEqual(2 * WORKERS.length);
      if (!fault.endsByItself) expect(fleet.told()).toEqual(lost);
      await heal();
      await fleet.all('recovered');
    });
    await fleet.countsTogether();
    fleet.expectLimitsHeld(output.lines, { beginnings: fault.forgets ? 2 : 1 });
    if (!fault.endsByItself) fleet.expectSharesUsed();
    fleet.expectChangesTold(output.lines);
    expect(output.lines.map(({ error }) => String(error))).toContainEqual(expect.stringMatching(fault.error));
  });
});

describe('a redis-server that comes and goes (DEBUG SLEEP, again and again)', () => {
  it('is lost and found as often as the log says, and limits hold', TIMEOUT, async () => {
    const server = await started(['--enable-debug-command', 'yes']);
    const fleet = await startFleet({ url: server.url, table, closers });
    const admin = adminOf(server);
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      for (let time = 0; time < 15; time += 1) {
        await admin.call('DEBUG', 'SLEEP', 0.1);
        await pause(100);
      }
      await fleet.all('recovered');
    });
    await fleet.countsTogether();
    for (const { changes } of fleet.instances) expect(changes).toContain('lost');
    fleet.expectLimitsHeld(output.lines);
    fleet.expectChangesTold(output.lines);
  });
});

describe('a redis-server that closes connections (CLIENT KILL)', () => {
  it('is connected to anew, and limits hold', TIMEOUT, async () => {
    const server = await started();
    const fleet = await startFleet({ url: server.url, table, closers });
    const admin = adminOf(server);
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      for (let time = 0; time < 3; time += 1) {
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await fleet.all('lost');
        await fleet.all('recovered');
      }
    });
    await fleet.countsTogether();
    fleet.expectLimitsHeld(output.lines);
    fleet.expectChangesTold(output.lines);
  });
});

describe('a redis-server that is flushed (FLUSHALL)', () => {
  it('counts anew, has its rules from the table, and lets nobody pass who is revoked', TIMEOUT, async () => {
    const server = await started();
    const fleet = await startFleet({ url: server.url, table, closers });
    const admin = adminOf(server);
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      for (let time = 0; time < 3; time += 1) {
        await admin.flushall();
        await vi.waitFor(
          async () => {
            const copies = await admin.keys('*rules');
            expect(copies).toHaveLength(16);
            for (const copy of copies) expect(await admin.hexists(copy, '@')).toBe(1);
          },
          { timeout: 30_000, interval: 20 },
        );
        await fleet.asked(20);
      }
    });
    await fleet.countsTogether();
    fleet.expectLimitsHeld(output.lines, { beginnings: 4 });
    fleet.expectChangesTold(output.lines);
  });
});

describe('a server in place of Redis', () => {
  it.each([
    ['talks garbage', '\u0000\u0001garbage\r\n'],
    ['says OK to everything', '+OK\r\n'],
    ['has an answer of the wrong shape', '*2\r\n:1\r\n$3\r\nfoo\r\n'],
    ['says that it is loading', '-LOADING Redis is loading the dataset in memory\r\n'],
  ])('that %s is not asked by requests, and limits hold', TIMEOUT, async (_, words) => {
    const server = await started();
    const relay = await relayTo(server.port);
    closers.push(relay.stop);
    const fleet = await startFleet({ url: `redis://127.0.0.1:${relay.port}`, table, closers });
    const impostor = await serveTcp((socket) => socket.on('data', () => socket.write(words)));
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      relay.leadTo(impostor.port);
      await adminOf(server).call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await fleet.all('lost');
      await fleet.asked(5);
      const lost = fleet.told();
      await fleet.asked(60);
      expect(fleet.told()).toEqual(lost);
      relay.leadTo(server.port);
      await impostor.stop();
      await fleet.all('recovered');
    });
    await fleet.countsTogether();
    fleet.expectLimitsHeld(output.lines);
    fleet.expectSharesUsed();
    fleet.expectChangesTold(output.lines);
  });
});

describe('who is revoked while Redis is lost', () => {
  it('is refused within seconds, by what the table says', TIMEOUT, async () => {
    const server = await started();
    const fleet = await startFleet({ url: server.url, table, closers });
    closers.push(() => server.process.kill('SIGCONT'));
    server.process.kill('SIGSTOP');
    await fleet.underLoad(async () => {
      await fleet.all('lost');
      await fleet.revoke('sub:alice');
      await fleet.refuse('sub:alice');
    });
    fleet.expectLimitsHeld(output.lines);
  });
});
