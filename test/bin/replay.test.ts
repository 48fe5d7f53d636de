import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEntry } from '../../bin/ops/replay/log-entry.ts';
import { linesOf } from '../../bin/ops/replay/read-lines.ts';
import { readLog } from '../../bin/ops/replay/read-log.ts';
import { replay } from '../../bin/ops/replay/replay.ts';
import { describeResults } from '../../bin/ops/replay/replay-report.ts';
import { parseTrialLimit } from '../../bin/ops/replay/trial-limit.ts';
import { runOps } from './support/run-ops.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);

function functionLine(client: string, atMs: number, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    request_id: 'r',
    client,
    service: 'users',
    route: 'ANY /api/users/{proxy+}',
    status: 200,
    _aws: { Timestamp: atMs },
    ...changes,
  });
}

function accessLine(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    requestId: 'r',
    requestTime: '24/Nov/2026:12:00:00 +0000',
    routeKey: 'GET /api/users/{id}',
    status: '200',
    userId: 'alice',
    client: 'sub:alice',
    sourceIp: '192.0.2.1',
    ...changes,
  });
}

describe('a line of a log', () => {
  it("of a proxy function tells the request's client, service, route and time", () => {
    expect(readEntry(functionLine('sub:alice', NOON_MS))).toEqual({
      atMs: NOON_MS,
      client: 'sub:alice',
      ip: '',
      service: 'users',
      route: 'ANY /api/users/{proxy+}',
      cost: 1,
    });
    expect(readEntry(functionLine('ip:192.0.2.1', NOON_MS))).toMatchObject({ ip: '192.0.2.1' });
  });

  it('of the access log tells the subject or the address, and the time in any zone', () => {
    expect(readEntry(accessLine())).toMatchObject({ atMs: NOON_MS, client: 'sub:alice', ip: '192.0.2.1' });
    expect(readEntry(accessLine({ userId: '-', client: '-' }))).toMatchObject({ client: 'ip:192.0.2.1' });
    expect(readEntry(accessLine({ requestTime: '24/Nov/2026:14:00:00 +0200' }))).toMatchObject({ atMs: NOON_MS });
  });

  it('of the access log tells of an IPv6 address the network, by which it is counted', () => {
    const entry = { client: 'ip:2001:db8:0:1::', ip: '2001:db8:0:1::' };
    expect(readEntry(accessLine({ userId: '-', client: '-', sourceIp: '2001:db8:0:1:2:3:4:5' }))).toMatchObject(entry);
  });

  it('may have the time of an export before it', () => {
    expect(readEntry(`2026-11-24T12:00:00.000Z ${accessLine()}`)).toMatchObject({ client: 'sub:alice' });
  });

  it.each(['', 'START RequestId: 1', '{}', '{', '[]', 'null', '42', accessLine({ requestTime: 'yesterday' })])(
    'that is %j is none',
    (line) => {
      expect(readEntry(line)).toBeUndefined();
    },
  );

  it('of a request that was refused before any limit was asked is none', () => {
    expect(readEntry(accessLine({ status: '401' }))).toBeUndefined();
    expect(readEntry(accessLine({ status: '403', integrationStatus: '-' }))).toBeUndefined();
    expect(readEntry(accessLine({ status: '403', integrationStatus: '200' }))).toBeDefined();
    expect(readEntry(functionLine('sub:alice', NOON_MS, { status: 403 }))).toBeDefined();
    expect(readEntry(functionLine('sub:alice', NOON_MS, { status: 429 }))).toBeDefined();
  });
});

describe('a limit on trial', () => {
  it.each([
    '',
    'client',
    'client=100',
    'client=0/1m',
    'client=1.5/1m',
    'client=10000001/1m',
    'client=5/999ms',
    'client=5/0s',
    'client=5/32d',
    'client=10001/s+5',
    'client=1/32d+5',
    'client=10/s+10000001',
    'user=5/1m',
    'constructor=5/1m',
    'client=10/s+0',
    'client=-1/1m',
  ])('that is %j is refused with the rule and an example', (text) => {
    expect(() => parseTrialLimit(text)).toThrow(`'client=100/1m' or 'client=10/s+50', got ${JSON.stringify(text)}`);
  });
});

describe('a replay', () => {
  const entries = [
    ...Array.from({ length: 10 }, (_, index) => functionLine('sub:alice', NOON_MS + index * 1000)),
    ...Array.from({ length: 3 }, (_, index) => functionLine('sub:bob', NOON_MS + index * 1000)),
    functionLine('sub:alice', NOON_MS + 120_000),
  ].map((line) => readEntry(line) ?? expect.fail(line));

  it('says who would have been refused, how often and since when, and counts no refused request', () => {
    const [result] = replay(entries.toReversed(), [parseTrialLimit('client=4/1m')]);
    expect(result).toMatchObject({ requests: 14, refused: 6, subjects: 2 });
    expect(result?.cut).toEqual([{ subject: 'sub:alice', requests: 11, refused: 6, firstMs: NOON_MS + 4000 }]);
  });

  it('tries each limit for itself, windows, buckets and totals', () => {
    const limits = ['client=100/1m', 'total=5/1h', 'client=1/s+1', 'client=0.1/s+2'].map(parseTrialLimit);
    expect(replay(entries, limits).map(({ refused }) => refused)).toEqual([0, 9, 0, 9]);
  });

  it('shows of a subject nothing that a terminal would act on, in one width', () => {
    const lines = ['sub:\u202ea\u001b[2J', `sub:${'🙂'.repeat(60)}`].map((client) => functionLine(client, NOON_MS));
    const entries = [...lines, ...lines].map((line) => readEntry(line) ?? expect.fail(line));
    const [, head = '', ...rows] = describeResults(replay(entries, [parseTrialLimit('client=1/1m')]), 10).split('\n');
    expect(rows.map((row) => [...row].length)).toEqual([head.length + 11, head.length + 11]);
    expect(rows[0]).toContain('sub:\\u{202e}a\\u{1b}[2J ');
    expect(rows[1]).toMatch(/^ {2}sub:🙂{35}… /u);
  });

  it('is told in a few lines, the most refused first', () => {
    const text = describeResults(replay(entries, ['client=2/1m', 'client=50/1m'].map(parseTrialLimit)), 1);
    expect(text.split('\n')).toEqual([
      'client=2/1m: would have refused 9 of 14 requests (64.3 %), of 2 out of 2',
      `  ${'who'.padEnd(40)}   refused  requests  first refused`,
      `  ${'sub:alice'.padEnd(40)}         8        11  2026-11-24T12:00:02.000Z`,
      '  and 1 more',
      '',
      'client=50/1m: would have refused 0 of 14 requests (0.0 %), of 0 out of 2',
    ]);
  });
});

describe('a replay of requests that cost more than one unit', () => {
  it('counts what each cost', () => {
    const dear = Array.from({ length: 3 }, (_, index) => functionLine('sub:alice', NOON_MS + index, { cost: 4 }));
    const cheap = functionLine('sub:alice', NOON_MS + 3, { cost: 'x' });
    const entries = [...dear, cheap].map((line) => readEntry(line) ?? expect.fail(line));
    const limits = ['client=9/1m', 'client=0.1/s+8'].map(parseTrialLimit);
    expect(replay(entries, limits).map(({ refused }) => refused)).toEqual([1, 2]);
  });
});

describe('the file of a log', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tollgate-replay-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('is read line by line; what is of no use is counted', async () => {
    const file = join(dir, 'log');
    await writeFile(file, [functionLine('sub:alice', NOON_MS), 'START', accessLine()].join('\r\n'));
    const log = await readLog(file, ({ service }) => service === 'users');
    expect(log.entries.map(({ client }) => client)).toEqual(['sub:alice']);
    expect(log.skipped).toBe(1);
  });

  it('has the requests whose lines hold what some take for the end of a line', async () => {
    const file = join(dir, 'separators');
    const lines = ['\u2028', '\u2029', '\u0085', '\\r'].map((text) =>
      functionLine('sub:mallory', NOON_MS, { path: `/api/users/${text}` }),
    );
    await writeFile(file, `${lines.join('\n')}\n\n`);
    const log = await readLog(file, () => true);
    expect([log.entries.length, log.skipped]).toEqual([4, 1]);
  });

  it('has the requests whose lines come in pieces', async () => {
    const lines = [functionLine('sub:älice', NOON_MS), 'START', functionLine('sub:bob', NOON_MS)];
    const bytes = [...Buffer.from(lines.join('\r\n'))].map((byte) => Buffer.of(byte));
    const read: string[] = [];
    for await (const line of linesOf(Readable.from(bytes))) read.push(line);
    expect(read).toEqual(lines);
  });

  it('that cannot be read is an error', async () => {
    await expect(readLog(join(dir, 'missing'), () => true)).rejects.toThrow('ENOENT');
    await expect(readLog(dir, () => true)).rejects.toThrow('EISDIR');
  });
});

describe('one service of a log', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tollgate-replay-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each([
    [
      'of the access log, which names none',
      accessLine(),
      'the access log names no services, got --service orders for LOG: leave it out',
    ],
    [
      'that has no request',
      [functionLine('sub:a', NOON_MS), functionLine('sub:a', NOON_MS, { service: 'cart' })].join('\n'),
      'no request in LOG is of the service orders: give one of cart, users',
    ],
    ['of a log without a request', 'START', 'a log must have a line of a request that limits decided on'],
  ])('%s is an error that says so', async (_, lines, message) => {
    const log = join(dir, 'log');
    await writeFile(log, lines);
    expect(await runOps(['replay', log, '--limit', 'client=100/1m', '--service', 'orders'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`error: ${message.replace('LOG', log)}`),
    });
  });
});

it('a log without a request to count is an error that says which logs there are', async () => {
  expect(await runOps(['replay', '/dev/null', '--limit', 'client=100/1m'])).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error: a log must .* npm start -- --verbose, .* aws logs tail [^\n]*\n$/),
  });
});
