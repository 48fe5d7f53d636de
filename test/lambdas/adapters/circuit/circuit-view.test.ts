import { describe, expect, it, vi } from 'vitest';
import { FRESH_MS, STALE_MS } from '../../../../lambdas/adapters/circuit/circuit-cache.ts';
import { INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { actionFor } from '../../../../lambdas/core/circuit/circuit-action.ts';
import { LEASE_MS, OPENED, PROBING, started, TIMING, tripped } from '../../../support/circuit/circuits.ts';
import { circuitViews, holdAnswers, reads } from './circuit-views.ts';

const YEAR_9999_MS = Date.UTC(9999, 11, 31);
const circuits = circuitViews();

describe('the state that a request decides on', () => {
  it('is read from the table before the first request', async () => {
    const opened = await circuits.moveElsewhere();
    expect(await circuits.instance().view.current()).toEqual(opened);
  });

  it('is used as it is while it is fresh', async () => {
    const { view, faulty } = circuits.instance();
    await view.current();
    await circuits.moveElsewhere();
    circuits.clock.advance(FRESH_MS - 1);
    for (let request = 0; request < 10; request += 1) expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(reads(faulty)).toBe(1);
  });

  it('is read again beside the request when it is no longer fresh, once for all requests', async () => {
    const { view, faulty } = circuits.instance();
    await view.current();
    const opened = await circuits.moveElsewhere();
    circuits.clock.advance(FRESH_MS);
    expect(await Promise.all([view.current(), view.current(), view.current()])).toEqual(
      Array.from({ length: 3 }, () => INITIAL_CIRCUIT),
    );
    await vi.waitFor(async () => expect(await view.current()).toEqual(opened), { interval: 5 });
    expect(reads(faulty)).toBe(2);
  });

  it('is read again before the request when the instance was frozen', async () => {
    const { view } = circuits.instance();
    await view.current();
    const opened = await circuits.moveElsewhere();
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toEqual(opened);
  });

  it('is read once by an instance that starts, ahead of the first request', async () => {
    const opened = await circuits.moveElsewhere();
    const { view, faulty } = circuits.instance();
    await view.load();
    expect(await view.current()).toEqual(opened);
    expect(reads(faulty)).toBe(1);
  });

  it('is as old as its question when the answer was held up by a freeze', async () => {
    const { view, faulty } = circuits.instance();
    await view.current();
    const held = holdAnswers(faulty, 'GetItem');
    circuits.clock.advance(FRESH_MS);
    await view.current();
    await held.answered;
    const opened = await circuits.moveElsewhere();
    circuits.clock.advance(3_600_000);
    held.release();
    await new Promise(setImmediate);
    expect(await view.current()).toEqual(opened);
  });

  it('is read again when the clock was set back', async () => {
    const { view } = circuits.instance();
    await view.load();
    const opened = await circuits.moveElsewhere();
    circuits.clock.advance(-60_000);
    expect(await view.current()).toEqual(opened);
  });
});

describe('a version of which somebody told', () => {
  it('is read at once, and is the newest that there is', async () => {
    const { view, faulty } = circuits.instance();
    await view.current();
    const opened = await circuits.moveElsewhere();
    const consistent: unknown[] = [];
    faulty.fault = (_, input) => {
      consistent.push('ConsistentRead' in input && input.ConsistentRead);
      return 'none';
    };
    expect(await view.catchUp(opened.version)).toBe(true);
    expect(await view.current()).toEqual(opened);
    expect(consistent).toEqual([true]);
  });

  it('is no reason to read what is known', async () => {
    const opened = await circuits.moveElsewhere();
    const { view, faulty } = circuits.instance();
    await view.current();
    for (const version of [0, opened.version - 1, opened.version]) expect(await view.catchUp(version)).toBe(true);
    expect(reads(faulty)).toBe(1);
  });

  it('is not known where the table has it not, or does not answer', async () => {
    const opened = await circuits.moveElsewhere();
    const { view, faulty, failures } = circuits.instance();
    await view.current();
    expect(await view.catchUp(opened.version + 1)).toBe(false);
    faulty.fault = () => 'fails';
    expect(await view.catchUp(opened.version + 1)).toBe(false);
    expect(failures).toHaveLength(1);
    expect(await view.current()).toEqual(opened);
  });
});

describe('an older version than the one that is known', () => {
  it('is what somebody set the item back to, where a consistent read has it, too', async () => {
    const opened = await circuits.moveElsewhere();
    await circuits.moveElsewhere({ type: 'force', to: 'forced-closed', untilMs: 0, by: 'anna', reason: '' });
    const { view, faulty } = circuits.instance();
    expect(await view.current()).toMatchObject({ state: 'forced-closed', version: 2 });
    await circuits.edit(opened);
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toEqual(opened);
    expect(reads(faulty)).toBe(3);
    // From there it moves on.
    circuits.clock.advance(TIMING.openForMs);
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made', circuit: { version: 2 } });
  });

  it('is none where the consistent read has the newer one: what was read came too early', async () => {
    const { view, faulty } = circuits.instance();
    await view.current();
    circuits.clock.advance(FRESH_MS);
    const held = holdAnswers(faulty, 'GetItem');
    await view.current();
    await held.answered;
    await view.signal(tripped(circuits.clock.nowMs));
    held.release();
    await vi.waitFor(() => expect(reads(faulty)).toBe(3), { interval: 5 });
    expect(await view.current()).toMatchObject({ state: 'open', version: 1 });
  });

  it('is none where the consistent read itself began before the newer one was written', async () => {
    await circuits.moveElsewhere();
    const { view, faulty } = circuits.instance();
    await view.current();
    circuits.clock.advance(TIMING.openForMs);
    const held = holdAnswers(faulty, 'GetItem');
    const learning = view.catchUp(7);
    await held.answered;
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made', circuit: { version: 2 } });
    held.release();
    expect(await learning).toBe(false);
    expect(await view.current()).toMatchObject({ state: 'half-open', version: 2 });
  });

  it('is the initial one where somebody has removed the item', async () => {
    await circuits.moveElsewhere();
    const { view } = circuits.instance();
    expect(await view.current()).toMatchObject({ state: 'open' });
    await circuits.remove();
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(await view.signal(tripped(circuits.clock.nowMs))).toMatchObject({ status: 'made', circuit: { version: 1 } });
  });
});

describe('what was written far into the future', () => {
  it('is believed no longer than a circuit may be open, from when it was first seen, however often it is read', async () => {
    const { clock, edit, instance } = circuits;
    await edit(OPENED, { retryAtMs: YEAR_9999_MS });
    const { view, faulty } = instance();
    await view.load();
    const seenAtMs = clock.nowMs;
    let lastRejectedMs = 0;
    while (actionFor(await view.current(), { nowMs: clock.nowMs, random: 0 }, TIMING) === 'reject') {
      lastRejectedMs = clock.nowMs;
      expect(lastRejectedMs - seenAtMs).toBeLessThan(TIMING.maxOpenForMs);
      clock.advance(STALE_MS);
      // A table that comes and goes tells nothing new when it is back.
      faulty.fault = () => ((clock.nowMs / STALE_MS) % 2 === 0 ? 'fails' : 'none');
    }
    expect(clock.nowMs - seenAtMs).toBe(TIMING.maxOpenForMs);
    expect(reads(faulty)).toBeGreaterThan(50);
    faulty.fault = () => 'none';
    clock.advance(STALE_MS);
    await view.current();
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made', circuit: { state: 'half-open' } });
  });

  it('is no lease that keeps others from trying for longer than a probe may take', async () => {
    const { clock, edit, instance } = circuits;
    await edit(PROBING, { leases: { a: YEAR_9999_MS, b: YEAR_9999_MS } });
    const { view } = instance();
    await view.load();
    clock.advance(LEASE_MS - 1);
    const admission = async () => actionFor(await view.current(), { nowMs: clock.nowMs, random: 0 }, TIMING);
    expect(await admission()).toBe('reject');
    clock.advance(1);
    expect(await admission()).toBe('probe');
    const result = await view.signal(started('c'));
    expect(result).toMatchObject({ status: 'made', circuit: { leases: { c: clock.nowMs + LEASE_MS } } });
    expect(await circuits.store().read()).toEqual(result.status === 'made' && result.circuit);
  });

  it('by hand over what was known is first seen then', async () => {
    const { clock, edit, instance } = circuits;
    await edit(OPENED);
    const { view } = instance();
    await view.load();
    clock.advance(3_600_000);
    await edit(OPENED, { retryAtMs: YEAR_9999_MS });
    expect(await view.current()).toMatchObject({ retryAtMs: clock.nowMs + TIMING.maxOpenForMs });
  });
});
