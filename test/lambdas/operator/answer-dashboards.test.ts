import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import { answerDashboards } from '../../../lambdas/operator/answer-dashboards.ts';
import { createOperate, type OperateOptions } from '../../../lambdas/operator/operate.ts';
import type { Circuits } from '../../../lambdas/operator/operate-circuits.ts';
import { CIRCUIT } from '../../support/circuit/circuits.ts';
import { captureLines } from '../../support/lines.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);
/** As CloudWatch's user guide shows it. */
const CONTEXT = {
  widgetContext: { dashboardName: 'Tollgate', widgetId: 'widget-1', forms: { all: {} }, theme: 'light' },
};
const OPEN = { action: 'open-circuit', service: 'payments', reason: 'from the dashboard', ...CONTEXT };

let output: ReturnType<typeof captureLines>;
let stored: CircuitState;
/** What the operator function did besides moving circuits. */
let touched: string[];
let handler: ReturnType<typeof answerDashboards>;

beforeEach(() => {
  output = captureLines();
  stored = INITIAL_CIRCUIT;
  touched = [];
  handler = answerDashboards(
    createOperate({ ...untouched, circuits, gateway: 'gateway', openCopies: undefined, clock: () => NOON_MS }),
  );
});
afterEach(() => output.restore());

const circuits: Circuits = {
  config: { gateway: 'gateway', namespace: 'Tollgate', services: { payments: CIRCUIT } },
  storeOf: () => ({
    inspect: async () => ({ circuit: stored, fault: null }),
    replace: async (_, next) => {
      stored = next;
      return next;
    },
    overwrite: async (circuit) => {
      stored = circuit;
      return circuit;
    },
    remember: async () => undefined,
    history: async () => [],
  }),
};

const untouchable = (name: string) =>
  new Proxy({} as never, { get: (_, method) => () => touched.push(`${name}.${String(method)}`) });
const untouched: Pick<OperateOptions, 'store' | 'keys' | 'marker'> = {
  store: untouchable('store'),
  keys: untouchable('keys'),
  marker: untouchable('marker'),
};

describe('the button of a dashboard', () => {
  it('moves a circuit, and is answered in HTML with what was done', async () => {
    expect(await handler(OPEN)).toBe(
      '<p><b>payments</b> is held open by hand since 2026-11-24T12:00:00Z: it moves by itself again after “Automatic”<br>by operator dashboard: from the dashboard</p>',
    );
    expect(stored).toMatchObject({ state: 'forced-open', by: 'dashboard', reason: 'from the dashboard' });
    expect(output.lines.at(-1)).toMatchObject({ action: 'open-circuit', by: 'dashboard', changed: true });
  });

  it('may say who presses it', async () => {
    await handler({ ...OPEN, by: 'the runbook' });
    expect(stored).toMatchObject({ by: 'the runbook' });
  });

  it('closes and hands back as well, and shows circuits', async () => {
    await handler({ ...OPEN, action: 'close-circuit', forMs: 600_000 });
    expect(stored).toMatchObject({ state: 'forced-closed', untilMs: NOON_MS + 600_000, by: 'dashboard' });
    const release = { action: 'release-circuit', service: 'payments', ...CONTEXT };
    const closed = '<p><b>payments</b> is closed since 2026-11-24T12:00:00Z<br>by operator dashboard</p>';
    expect(await handler(release)).toBe(closed);
    expect(stored).toMatchObject({ state: 'closed', by: 'dashboard' });
    expect(await handler({ action: 'list-circuits', ...CONTEXT })).toBe(closed);
    expect(await handler({ action: 'get-circuit', service: 'payments', ...CONTEXT })).toBe(closed);
    expect(await handler(release)).toBe(`${closed}<p>no operator held it, so nothing was changed</p>`);
  });

  describe('that names a field', () => {
    const typed = (reason: unknown) => ({ ...CONTEXT.widgetContext, forms: { all: { reason } } });
    const asked = (reason: unknown, changes = {}) => ({
      ...OPEN,
      reasonField: 'reason',
      widgetContext: typed(reason),
      ...changes,
    });

    it('has what was typed into it for its reason', async () => {
      expect(await handler(asked(' the provider moves '))).toContain('by operator dashboard: the provider moves</p>');
      expect(stored).toMatchObject({ reason: 'the provider moves' });
    });

    it.each([
      ['nothing', ''],
      ['spaces', '  '],
      ['what is no text', 5],
    ])('has its own reason where that holds %s', async (_, reason) => {
      await handler(asked(reason));
      expect(stored).toMatchObject({ reason: 'from the dashboard' });
    });

    it.each([['other'], ['constructor'], [5], [null]])(
      'that there is not has its own reason: %j',
      async (reasonField) => {
        await handler(asked('the provider moves', { reasonField }));
        expect(stored).toMatchObject({ reason: 'from the dashboard' });
      },
    );

    it.each([[undefined], [null], ['x'], [{ forms: null }], [{ forms: { all: [] } }]])(
      'whose dashboard tells no fields has its own reason: %j',
      async (widgetContext) => {
        await handler(asked('', { widgetContext: widgetContext ?? CONTEXT.widgetContext }));
        expect(stored).toMatchObject({ reason: 'from the dashboard' });
      },
    );

    it.each([
      ['x'.repeat(257), 'the reason must have at most 256 characters, got 257'],
      ['a\u0007b', 'the reason must be well-formed Unicode without control characters'],
      [`tgk_4fzN9qXw2LbC_${'C'.repeat(49)}`, 'must not hold a token or an API key'],
    ])('is checked as any other: %j', async (reason, message) => {
      expect(await handler(asked(reason))).toContain(message);
      expect(stored).toBe(INITIAL_CIRCUIT);
    });

    it('is no part of what an operator asks who presses no button', async () => {
      const { widgetContext: _, ...event } = asked('x');
      expect(await handler(event)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('reasonField') },
      });
    });
  });

  it('of a circuit in shadow mode is told that it is in it', async () => {
    const services = { payments: { ...CIRCUIT, shadow: true } };
    const shadowed = answerDashboards(
      createOperate({
        ...untouched,
        circuits: { ...circuits, config: { ...circuits.config, services } },
        gateway: 'gateway',
        openCopies: undefined,
        clock: () => NOON_MS,
      }),
    );
    expect(await shadowed({ action: 'get-circuit', service: 'payments', ...CONTEXT })).toBe(
      '<p><b>payments</b> is closed, and never was anything else<br>in shadow mode: rejects nothing by itself</p>',
    );
  });

  it.each([
    { action: 'revoke', id: 'sub:alice', reason: 'x' },
    { action: 'restore', id: 'sub:alice' },
    { action: 'limit', id: 'sub:alice', limit: 'client', value: 1 },
    { action: 'list' },
    { action: 'get', id: 'sub:alice' },
    { action: 'create-key', owner: 'billing' },
    { action: 'rotate-key', id: '4fzN9qXw2LbC' },
    { action: 'list-keys' },
  ])('does nothing else that operators do: %j', async (event) => {
    expect(await handler({ ...event, ...CONTEXT })).toBe(
      `<p><b>Not done:</b> a button of a dashboard may move circuits only, got ${event.action}: use the operators&#39; command instead</p>`,
    );
    expect(touched).toEqual([]);
    expect(output.lines).toMatchObject([
      { message: 'operation failed', action: event.action, code: 'invalid_operation' },
    ]);
  });

  it.each([
    [
      { ...OPEN, service: '<img src=x onerror=alert(1)>' },
      'got &quot;&lt;img src=x onerror=alert(1)&gt;&quot;: write it',
    ],
    [{ ...OPEN, reason: '<b>\u0007</b>' }, 'got &quot;&lt;b&gt;\\u0007&lt;/b&gt;&quot;: write it in one line'],
    [{ ...OPEN, reason: undefined }, 'a circuit that is opened by hand must have a reason, got none'],
    [{ ...OPEN, by: 'x'.repeat(65) }, 'the name of who asks must have at most 64 characters'],
    [{ ...OPEN, '<script>': 1 }, 'got &quot;&lt;script&gt;&quot;: leave it out'],
    [{ ...OPEN, action: '<script>' }, 'got &quot;&lt;script&gt;&quot;'],
    [{ ...OPEN, service: 'paymets' }, ': write payments'],
    [CONTEXT, 'operation.action must be one of'],
  ])('is told why nothing was done, with nothing that a browser would act on: %j', async (event, message) => {
    const told = await handler(event);
    expect(told).toContain(message);
    expect(String(told).replace(/^<p><b>Not done:<\/b> ([^<>"']*)<\/p>$/, '')).toBe('');
  });

  it('shows the fault of an item that somebody edited as text', async () => {
    const broken = { ...circuits, storeOf: () => ({ ...circuits.storeOf('payments'), inspect: spoiltItem }) };
    const spoilt = answerDashboards(
      createOperate({
        ...untouched,
        circuits: broken,
        gateway: 'gateway',
        openCopies: undefined,
        clock: () => NOON_MS,
      }),
    );
    expect(await spoilt({ action: 'get-circuit', service: 'payments', ...CONTEXT })).toBe(
      '<p><b>payments</b> is unreadable: circuit.state must be one of closed, got &quot;&lt;b&gt;\\u{9b}&quot;</p>',
    );
    expect(await spoilt(OPEN)).toContain('(circuit.state must be one of closed, got &quot;&lt;b&gt;\\u{9b}&quot;)');
  });

  it('whose dashboard says much of itself is not refused for that', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`;
    expect(await handler({ ...OPEN, widgetContext: { params: { token } } })).toContain('is held open');
    expect(JSON.stringify(output.lines)).not.toContain('AAAA');
  });
});

describe('an event without the context of a widget', () => {
  it('is answered as data', async () => {
    const { widgetContext: _, ...event } = OPEN;
    expect(await handler(event)).toMatchObject({ ok: true, circuit: { state: 'forced-open', by: '' } });
  });

  it.each([[null], ['open'], [[]], [5]])('may be anything: %j', async (event) => {
    expect(await handler(event)).toMatchObject({ ok: false, error: { code: 'invalid_operation' } });
  });

  it.each([{ describe: true }, { describe: true, ...CONTEXT }])('may ask what the function does: %j', async (event) => {
    expect(await handler(event)).toMatch(/^### Moves circuits\n/);
  });
});

const spoiltItem = async () => ({ circuit: null, fault: 'circuit.state must be one of closed, got "<b>\u009b"' });
