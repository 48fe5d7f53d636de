import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FRESH_MS, OUTAGE_STALE_MS, STALE_MS } from '../../../../lambdas/adapters/circuit/circuit-cache.ts';
import { WAITS } from '../../../../lambdas/adapters/circuit/circuit-view.ts';
import { INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { failed, OPENED, started, succeeded, TIMING, tripped } from '../../../support/circuit/circuits.ts';
import { circuitViews, holdAnswers, type Instance } from './circuit-views.ts';

const circuits = circuitViews();
const trip = () => tripped(circuits.clock.nowMs);
/** Waits so short for an answer that is held back anyway. */
const HASTY = { load: 60_000, read: 60_000, write: 20 };

const isHistory = (input: object) => JSON.stringify(input).includes('history#');

async function onceItFailed(): Promise<Instance> {
  const instance = circuits.instance();
  await instance.view.load();
  instance.faulty.fault = () => 'fails';
  return instance;
}

describe('while the table fails, an instance', () => {
  it('decides on the last known state, and asks once a second', async () => {
    const opened = await circuits.moveElsewhere();
    const { view, faulty, failures } = circuits.instance();
    await view.current();
    faulty.fault = () => 'fails';
    circuits.clock.advance(STALE_MS);
    for (let request = 0; request < 5; request += 1) expect(await view.current()).toEqual(opened);
    expect(failures).toHaveLength(1);
    circuits.clock.advance(FRESH_MS);
    await view.current();
    await vi.waitFor(() => expect(failures).toHaveLength(2), { interval: 5 });
  });

  it('that is new lets requests pass', async () => {
    const { view, faulty, failures } = circuits.instance();
    faulty.fault = () => 'fails';
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(failures).toHaveLength(1);
  });

  it('opens its circuit alone, tries alone and closes alone', async () => {
    const { view, faulty, transitions } = await onceItFailed();
    expect(await view.signal(trip())).toMatchObject({ status: 'made-alone', circuit: { state: 'open' } });
    expect(await view.current()).toMatchObject({ state: 'open' });
    circuits.clock.advance(TIMING.openForMs);
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made-alone', circuit: { state: 'half-open' } });
    expect(await view.signal(started('b'))).toMatchObject({ status: 'made-alone' });
    expect(await view.signal(started('c'))).toMatchObject({ status: 'unchanged' });
    await view.signal(succeeded('a'));
    await view.signal(succeeded('b'));
    await view.signal(started('c'));
    expect(await view.signal(succeeded('c'))).toMatchObject({ status: 'made-alone', circuit: { state: 'closed' } });
    expect(await view.current()).toMatchObject({ state: 'closed', closedAtMs: circuits.clock.nowMs });
    expect(transitions).toEqual(['open alone', 'half-open alone', 'closed alone']);
    // Only two signals asked the table: the view asks it once a second whether it takes writes again.
    expect(faulty.calls.filter((command) => command === 'PutItem')).toHaveLength(2);
    expect(await circuits.store().read()).toEqual(INITIAL_CIRCUIT);
  });

  it('opens again alone when a probe fails, and for longer', async () => {
    const { view } = await onceItFailed();
    await view.signal(trip());
    circuits.clock.advance(TIMING.openForMs);
    await view.signal(started('a'));
    expect(await view.signal(failed('a'))).toMatchObject({ status: 'made-alone', circuit: { reopenings: 1 } });
  });

  it('goes on from what it knew, and keeps an operator’s word', async () => {
    await circuits.moveElsewhere({ type: 'force', to: 'forced-closed', untilMs: 0, by: 'anna', reason: '' });
    const { view, transitions } = await onceItFailed();
    expect(await view.signal(trip())).toMatchObject({ status: 'unchanged', circuit: { state: 'forced-closed' } });
    expect(transitions).toEqual([]);
  });

  it('ends alone what was forced for a time', async () => {
    const untilMs = circuits.clock.nowMs + 60_000;
    await circuits.moveElsewhere({ type: 'force', to: 'forced-closed', untilMs, by: 'anna', reason: '' });
    const { view, transitions } = await onceItFailed();
    circuits.clock.advance(60_000);
    expect(await view.current()).toMatchObject({ state: 'closed', closedAtMs: untilMs });
    expect(transitions).toEqual(['closed alone']);
  });

  it('drops what it made alone when the table answers again', async () => {
    const { view, faulty, transitions } = await onceItFailed();
    await view.signal(trip());
    await view.load();
    faulty.fault = () => 'none';
    circuits.clock.advance(OUTAGE_STALE_MS);
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    // From then on it moves with the others again.
    expect(await view.signal(trip())).toMatchObject({ status: 'made', circuit: { state: 'open', version: 1 } });
    expect(transitions).toEqual(['open alone', 'open for all']);
  });

  it('takes what others made meanwhile when the table answers again', async () => {
    const { view, faulty } = await onceItFailed();
    await view.signal(trip());
    await view.signal({ type: 'force', to: 'forced-open', untilMs: 0, by: 'anna', reason: '' });
    const opened = await circuits.moveElsewhere();
    faulty.fault = () => 'none';
    circuits.clock.advance(OUTAGE_STALE_MS);
    expect(await view.current()).toEqual(opened);
  });

  it('takes what others made meanwhile also where it is told of it', async () => {
    const { view, faulty } = await onceItFailed();
    await view.signal(trip());
    const opened = await circuits.moveElsewhere();
    faulty.fault = () => 'none';
    expect(await view.catchUp(opened.version)).toBe(true);
    expect(await view.current()).toEqual(opened);
  });
});

describe('an item that is nonsense', () => {
  it('is a table that fails: each instance moves alone until somebody mends it', async () => {
    await circuits.edit(OPENED, { state: 'ajar' });
    const { view, failures } = circuits.instance();
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(String(failures)).toContain('circuit.state must be one of closed, open');
    expect(await view.signal(trip())).toMatchObject({ status: 'made-alone', circuit: { state: 'open' } });
    await circuits.edit(OPENED);
    circuits.clock.advance(OUTAGE_STALE_MS);
    expect(await view.current()).toEqual(OPENED);
  });
});

describe('while the table can be read and not be written, an instance', () => {
  async function onlyReads(): Promise<Instance> {
    const instance = circuits.instance();
    await instance.view.load();
    instance.faulty.fault = (command) => (command === 'PutItem' ? 'fails' : 'none');
    return instance;
  }

  it('keeps what it made alone, whatever the table says unchanged', async () => {
    const { view, transitions } = await onlyReads();
    await view.signal(trip());
    for (let second = 0; second < 5; second += 1) {
      circuits.clock.advance(STALE_MS);
      expect(await view.current()).toMatchObject({ state: 'open' });
    }
    circuits.clock.advance(TIMING.openForMs);
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made-alone' });
    await view.signal(succeeded('a'));
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toMatchObject({ state: 'half-open', succeeded: 1 });
    expect(transitions).toEqual(['open alone', 'half-open alone']);
  });

  it('tries an open circuit all the same, and closes it', async () => {
    await circuits.moveElsewhere();
    const { view } = await onlyReads();
    circuits.clock.advance(TIMING.openForMs);
    for (const id of ['a', 'b', 'c']) {
      for (let waited = 0; (await view.signal(started(id))).status === 'unanswered'; waited += STALE_MS) {
        expect(waited).toBeLessThan(5 * STALE_MS);
        circuits.clock.advance(STALE_MS);
        await view.current();
      }
      await view.signal(succeeded(id));
    }
    expect(await view.current()).toMatchObject({ state: 'closed' });
  });

  it('takes what others write', async () => {
    const { view } = await onlyReads();
    await view.signal(trip());
    const shut = await circuits.moveElsewhere({ type: 'force', to: 'forced-open', untilMs: 0, by: 'anna', reason: '' });
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toEqual(shut);
  });

  it('moves with the others again when it is written', async () => {
    const { view, faulty } = await onlyReads();
    await view.signal(trip());
    faulty.fault = () => 'none';
    circuits.clock.advance(STALE_MS);
    expect(await view.signal({ type: 'force', to: 'forced-open', untilMs: 0, by: 'anna', reason: '' })).toMatchObject({
      status: 'made',
      circuit: { state: 'forced-open', version: 1 },
    });
  });
});

describe('a table that does not answer', () => {
  it('is waited for, but not for long', async () => {
    const { view, faulty } = circuits.instance({ waits: WAITS });
    faulty.fault = () => 'hangs';
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const told = vi.fn();
    const telling = view.current().then(told);
    await vi.advanceTimersByTimeAsync(WAITS.read - 1);
    await setImmediate();
    expect(told).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await telling;
    expect(told).toHaveBeenCalledWith(INITIAL_CIRCUIT);
  });

  it('leaves a signal unanswered', async () => {
    const { view, faulty, failures, transitions } = circuits.instance({ waits: HASTY });
    await view.load();
    faulty.fault = () => 'hangs';
    expect(await view.signal(trip())).toMatchObject({ status: 'unanswered' });
    expect(String(failures)).toBe('Error: the table gave no answer within 20 ms');
    expect(transitions).toEqual([]);
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
  });

  it('has a signal made alone where it has failed before, until it answers again', async () => {
    const { view, faulty } = circuits.instance({ waits: HASTY });
    await view.load();
    faulty.fault = () => 'fails';
    expect(await view.signal(trip())).toMatchObject({ status: 'made-alone' });
    faulty.fault = () => 'hangs';
    circuits.clock.advance(TIMING.openForMs);
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made-alone' });
    faulty.fault = () => 'fails';
    await view.load();
    faulty.fault = () => 'none';
    await view.load();
    faulty.fault = () => 'hangs';
    expect(await view.signal(trip())).toMatchObject({ status: 'unanswered' });
  });

  it('but has written all the same is believed when its answer comes', async () => {
    const { view, faulty, transitions } = circuits.instance({ waits: HASTY });
    await view.load();
    const held = holdAnswers(faulty, 'PutItem');
    expect(await view.signal(trip())).toMatchObject({ status: 'unanswered' });
    await held.answered;
    expect(transitions).toEqual([]);
    held.release();
    await vi.waitFor(() => expect(transitions).toEqual(['open for all']), { interval: 5 });
    expect(await view.current()).toMatchObject({ state: 'open', version: 1 });
  });

  it('and then fails has a signal made once at most, and none that was left unanswered', async () => {
    const { view, faulty, failures, transitions } = circuits.instance({ waits: HASTY });
    await view.load();
    const held = holdAnswers(faulty, 'PutItem');
    expect(await view.signal(trip())).toMatchObject({ status: 'unanswered' });
    await held.answered;
    held.fail(new Error('the connection is gone'));
    await vi.waitFor(() => expect(failures).toHaveLength(2), { interval: 5 });
    expect([await view.current(), transitions]).toEqual([INITIAL_CIRCUIT, []]);
    // One failure is no reason not to ask the table again, which has it.
    expect(await view.signal(trip())).toMatchObject({ circuit: { state: 'open', version: 1 } });
  });
});

describe('a write whose answer is lost', () => {
  it('holds alone at first, and for all with the next read', async () => {
    const { view, faulty, transitions } = circuits.instance();
    await view.load();
    faulty.fault = (command) => (command === 'PutItem' ? 'answer lost' : 'none');
    expect(await view.signal(trip())).toMatchObject({ status: 'made-alone', circuit: { state: 'open' } });
    expect(await circuits.store().read()).toMatchObject({ state: 'open', version: 1 });
    circuits.clock.advance(STALE_MS);
    expect(await view.current()).toMatchObject({ state: 'open', version: 1 });
    expect(transitions).toEqual(['open alone']);
  });
});

describe('a table that loses only the history', () => {
  it('makes the transition all the same', async () => {
    const { view, faulty, failures, transitions } = circuits.instance();
    await view.load();
    faulty.fault = (_, input) => (isHistory(input) ? 'fails' : 'none');
    expect(await view.signal(trip())).toMatchObject({ status: 'made' });
    expect(transitions).toEqual(['open for all']);
    await view.settled();
    expect(failures).toHaveLength(1);
    expect(view.settled()).toBeUndefined();
    // It has not failed in anything that matters.
    circuits.clock.advance(TIMING.openForMs);
    expect(await view.signal(started('a'))).toMatchObject({ status: 'made' });
  });

  it('and does not answer is not waited for for long', async () => {
    const { view, faulty } = circuits.instance({ waits: { ...HASTY, write: 500 } });
    await view.load();
    faulty.fault = (_, input) => (isHistory(input) ? 'hangs' : 'none');
    expect(await view.signal(trip())).toMatchObject({ status: 'made' });
  });
});
