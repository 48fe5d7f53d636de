import type { Closed, Forced, HalfOpen, Open } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { ShownCircuit } from '../../../lambdas/widget/circuit-row.ts';
import type { Overview } from '../../../lambdas/widget/render.ts';
import { UTC } from '../../../lambdas/widget/time-text.ts';

export const NOW_MS = Date.UTC(2026, 2, 4, 12, 0, 0);
export const OPERATOR = 'arn:aws:lambda:us-east-1:123456789012:function:shop-operator';

const MOVED = {
  version: 7,
  atMs: NOW_MS - 10_000,
  alarmAtMs: 0,
  source: 'outcomes',
  by: 'env-1',
  reason: '7 of 12 calls failed',
  figures: { calls: 12, failures: 7 },
} as const;

export const CLOSED: Closed = {
  ...MOVED,
  state: 'closed',
  atMs: NOW_MS - 60_000,
  closedAtMs: NOW_MS - 60_000,
  rampUntilMs: 0,
  reopenings: 0,
};

export const OPEN: Open = {
  ...MOVED,
  state: 'open',
  openedAtMs: NOW_MS - 10_000,
  retryAtMs: NOW_MS + 20_000,
  reopenings: 0,
};

export const HALF_OPEN: HalfOpen = {
  ...MOVED,
  state: 'half-open',
  atMs: NOW_MS - 2000,
  openedAtMs: NOW_MS - 40_000,
  reopenings: 1,
  leases: { a: NOW_MS + 1000, b: NOW_MS + 2000, ended: NOW_MS - 1 },
  succeeded: 1,
};

export const FORCED_OPEN: Forced = {
  ...MOVED,
  state: 'forced-open',
  atMs: NOW_MS - 5000,
  sinceMs: NOW_MS - 5000,
  untilMs: NOW_MS + 600_000,
  source: 'operator',
  by: 'alice',
  reason: 'the upstream is being moved',
  figures: {},
};

export function shown(changes: Partial<ShownCircuit> = {}): ShownCircuit {
  return { service: 'orders', circuit: CLOSED, fault: null, shadow: false, history: [], ...changes };
}

export function overview(...circuits: readonly ShownCircuit[]): Overview {
  return { circuits, nowMs: NOW_MS, zone: UTC, reason: '', operatorFunction: OPERATOR };
}
