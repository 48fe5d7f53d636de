import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { TokenOptions } from '../../../local/demo/mint.ts';
import type { RequestReport } from '../../../local/http/api.ts';
import type { LogEvent } from '../../../local/log-event.ts';
import type { RunningGateway } from '../../../local/running-gateway.ts';
import { type GatewayOptions, startGateway } from '../../../local/start-gateway.ts';
import { type Edits, editedApp, ISSUER_DIR, synthesizedApp } from './assembly.ts';
import { type Answer, type Message, send } from './http.ts';

// A dozen processes share the machine with all other tests: what takes two seconds alone may take ten times as long.
vi.setConfig({ testTimeout: 60_000 });

export interface ServeOptions extends Partial<GatewayOptions> {
  /** @default - the app as it stands */
  readonly edits?: Edits;
}

/** A JSON line of a function, and who wrote it. */
export type Line = Readonly<Record<string, unknown>> & { readonly label: string };

/** The whole gateway: the app's template, its bundles in workers, a redis-server, DynamoDB, the demo issuer. */
export interface ServedGateway {
  readonly running: RunningGateway;
  readonly events: readonly LogEvent[];
  send(path: string, message?: Message): Promise<Answer>;
  token(subject: string, options?: Partial<TokenOptions>): Promise<string>;
  /** Every token that `token` gave. */
  readonly tokens: readonly string[];
  lines(): readonly Line[];
  /** What proxy functions wrote of requests: the access log. */
  requestLines(): readonly Line[];
  /** What API Gateway tells of requests. */
  reports(): readonly RequestReport[];
  /** Reports of requests that a proxy function answered: each leaves a line. */
  proxied(): readonly RequestReport[];
  /** Resolves when the lines of all requests that were answered are in. */
  settled(): Promise<void>;
  /** Resolves when the condition holds; it is tried with every event. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function serve({ edits, ...options }: ServeOptions = {}): Promise<ServedGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-e2e-'));
  const events: LogEvent[] = [];
  const waiting = new Set<() => void>();
  const tokens: string[] = [];
  const running = await startGateway({
    assemblyDir: options.assemblyDir ?? (edits ? await editedApp(edits, dir) : await synthesizedApp()),
    port: 0,
    stateDir: ISSUER_DIR,
    log: (event) => {
      events.push(event);
      for (const notify of waiting) notify();
    },
    ...options,
  });
  const lines = () => events.flatMap((event) => parse(event) ?? []);
  const requestLines = () => lines().filter((line) => 'latency_ms' in line);
  const reports = () => events.flatMap((event) => (event.kind === 'request' ? [event.report] : []));
  const proxied = () => reports().filter(({ routeKey, reason }) => reason === undefined && isProxied(routeKey ?? ''));
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const notify = () => {
        if (!condition()) return;
        waiting.delete(notify);
        resolve();
      };
      waiting.add(notify);
      notify();
    });
  return {
    running,
    events,
    send: (path, message) => send(running.url, path, message),
    token: async (subject, wanted = {}) => {
      const token = await running.token({ subject, ...wanted });
      tokens.push(token);
      return token;
    },
    tokens,
    lines,
    requestLines,
    reports,
    proxied,
    settled: () => until(() => requestLines().length >= proxied().length),
    until,
    close: async () => {
      await running.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Preflight requests and `/health` go to another function. */
function isProxied(routeKey: string): boolean {
  return !/^(OPTIONS|GET \/health)/.test(routeKey);
}

function parse(event: LogEvent): Line | undefined {
  if (event.kind !== 'line' || !event.line.startsWith('{')) return undefined;
  return { ...JSON.parse(event.line), label: event.label };
}

/** Calls that many times, one after the other. */
export async function times<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index += 1) results.push(await call(index));
  return results;
}

/** Calls that many times at once. */
export function atOnce<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

export function statuses(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ status }) => status);
}

/** Calls again, with a pause in between, until a result is accepted; fails when that takes too long. */
export async function eventually<T>(call: () => Promise<T>, accept: (result: T) => boolean): Promise<T> {
  const giveUpMs = performance.now() + EVENTUALLY_MS;
  for (;;) {
    const result = await call();
    if (accept(result)) return result;
    if (performance.now() > giveUpMs) throw new Error(`not within ${EVENTUALLY_MS} ms`);
    await sleep(20);
  }
}

const EVENTUALLY_MS = 12_000;

/** How often each status came. */
export function tally(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
