import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit-state.ts';
import { render, renderFault } from '../../../lambdas/widget/render.ts';
import { CLOSED, FORCED_OPEN, HALF_OPEN, NOW_MS, OPEN, OPERATOR, overview, shown } from './circuits.ts';

const LIMIT_BYTES = 256 * 1024;

const told = (circuit: CircuitState) => textOf(render(overview(shown({ circuit }))));

/** What is read by somebody who sees no tags, and the operations of the buttons are none of it. */
function textOf(html: string): string {
  return html
    .replace(/<cwdb-action.*?<\/cwdb-action>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function tagsOf(html: string): readonly string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

function actionsOf(html: string) {
  const pattern =
    /<a class="btn" aria-label="([^"]*)">([^<]*)<\/a><cwdb-action action="call" display="popup" confirmation="([^"]*)" endpoint="([^"]*)">([^<]*)<\/cwdb-action>/g;
  return [...html.matchAll(pattern)].map(([, label, text, confirmation, endpoint, json]) => ({
    label,
    text,
    confirmation,
    endpoint,
    operation: JSON.parse(json ?? ''),
  }));
}

describe('a row tells', () => {
  test('the state in a word, since when, by whom, why, and by what figures', () => {
    expect(told(OPEN)).toContain(
      'orders ✖ open 2026-03-04 11:59:50 10 s ago probes are sent in 20 s outcomes: 7 of 12 calls failed 12 calls, 7 failed seen by the environment with the log stream env-1 ',
    );
  });

  test.each<[string, CircuitState]>([
    ['✔ closed', CLOSED],
    ['all requests pass again in 4 s', { ...CLOSED, rampUntilMs: NOW_MS + 4000 }],
    ['it has never moved', INITIAL_CIRCUIT],
    ['the next request is a probe', { ...OPEN, retryAtMs: NOW_MS }],
    ['◐ half-open', HALF_OPEN],
    ['1 probe succeeded, 2 under way', HALF_OPEN],
    ['✖ forced-open', FORCED_OPEN],
    ['it moves by itself again in 10 min', FORCED_OPEN],
    ['it moves by itself again after “Automatic”', { ...FORCED_OPEN, untilMs: 0 }],
    ['operator alice: the upstream is being moved', FORCED_OPEN],
    ['✔ forced-closed', { ...FORCED_OPEN, state: 'forced-closed' }],
    ['just now', { ...OPEN, atMs: NOW_MS + 60_000 }],
  ])('%s', (text, circuit) => {
    expect(told(circuit)).toContain(text);
  });

  test('why a circuit cannot be read, while the others can', () => {
    const html = render(
      overview(shown({ circuit: null, fault: 'circuit.state must be one of …' }), shown({ service: 'users' })),
    );
    expect(textOf(html)).toContain('orders ? unreadable circuit.state must be one of … Open');
    expect(textOf(html)).toContain('users ✔ closed');
    expect(textOf(html)).toContain('1 unreadable, 1 closed.');
  });

  test('its history, the newest first', () => {
    const history = [
      { ...OPEN, atMs: NOW_MS - 1000 },
      { ...FORCED_OPEN, atMs: NOW_MS - 2000 },
    ];
    const [, details = ''] = /<details>(.*)<\/details>/.exec(render(overview(shown({ history })))) ?? [];
    expect(textOf(details)).toMatch(
      /^ history 2026-03-04 11:59:59 ✖ open outcomes.* 2026-03-04 11:59:58 ✖ forced-open /,
    );
    expect(render(overview(shown()))).not.toContain('<details>');
    expect(textOf(render(overview(shown({ history: null }))))).toContain('its history cannot be read');
  });
});

describe('the buttons', () => {
  test('each stand before the operation that they ask for, with a confirmation', () => {
    const asked = { by: 'dashboard', reason: 'from the dashboard', service: 'orders' };
    const actions = actionsOf(render(overview(shown())));
    expect(actions.map(({ text, operation }) => [text, operation])).toEqual([
      ['Open 10 min', { ...asked, action: 'open-circuit', forMs: 600_000 }],
      ['Open', { ...asked, action: 'open-circuit', forMs: null }],
      ['Close 10 min', { ...asked, action: 'close-circuit', forMs: 600_000 }],
      ['Close', { ...asked, action: 'close-circuit', forMs: null }],
    ]);
    for (const { label, text, endpoint } of actions) {
      expect([label, endpoint]).toEqual([`${text}, the circuit of orders`, OPERATOR]);
    }
    expect(actions.map(({ confirmation }) => confirmation?.split('?')[0])).toEqual([
      'Open the circuit of orders for 10 min',
      'Open the circuit of orders until “Automatic”',
      'Close the circuit of orders for 10 min',
      'Close the circuit of orders until “Automatic”',
    ]);
  });

  test('release a circuit only where somebody holds it', () => {
    const [released] = actionsOf(render(overview(shown({ circuit: FORCED_OPEN })))).slice(-1);
    expect(released?.text).toBe('Automatic');
    expect(released?.operation).toEqual({
      action: 'release-circuit',
      service: 'orders',
      by: 'dashboard',
      reason: 'from the dashboard',
    });
    expect(render(overview(shown({ circuit: OPEN })))).not.toContain('release-circuit');
  });
});

describe('whatever the table holds', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onclick='alert(1)",
      '\u202egnp.exe',
      '</cwdb-action>',
    ),
  );
  const figures = fc.dictionary(word, fc.double({ noNaN: true, noDefaultInfinity: true }), { maxKeys: 20 });
  const circuit = fc
    .record({
      base: fc.constantFrom(CLOSED, OPEN, HALF_OPEN, FORCED_OPEN),
      by: word,
      reason: word,
      figures,
      atMs: fc.maxSafeInteger(),
    })
    .map(({ base, atMs, ...cause }) => {
      const times = {
        atMs,
        closedAtMs: atMs,
        openedAtMs: atMs,
        retryAtMs: atMs,
        sinceMs: atMs,
        untilMs: atMs,
        rampUntilMs: atMs,
      };
      return { ...base, ...times, ...cause } as CircuitState;
    });

  test('no text becomes a tag, an attribute or an invisible character', () => {
    fc.assert(
      fc.property(circuit, word, (one, fault) => {
        const history = [one];
        const plain = { ...one, by: one.by && 'b', reason: one.reason && 'r' };
        const html = render(overview(shown({ circuit: one, history }), shown({ circuit: null, fault })));
        const expected = render(
          overview(shown({ circuit: plain, history: [plain] }), shown({ circuit: null, fault: 'f' })),
        );
        expect(tagsOf(html)).toEqual(tagsOf(expected));
        expect(html.replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
      }),
    );
  });

  test('the answer keeps its bound: first with shorter histories, then with fewer rows', () => {
    const long = {
      ...OPEN,
      by: 'é'.repeat(400_000),
      reason: '\u202e'.repeat(400_000),
      figures: { ['x'.repeat(1000)]: 1 / 3 },
    };
    const history = Array.from({ length: 10 }, (_, index) => ({ ...long, atMs: index }));
    const many = (count: number) =>
      render(
        overview(
          ...Array.from({ length: count }, (_, index) => shown({ service: `s${index}`, circuit: long, history })),
        ),
      );
    const entries = (html: string) => html.split('<li>').length - 1;
    const rows = (html: string) => html.split('<th scope="row">').length - 1;

    expect(entries(many(2))).toBe(20);
    expect([rows(many(12)), entries(many(12))]).toEqual([12, 36]);
    expect([rows(many(40)), entries(many(40))]).toEqual([40, 0]);
    const all = many(300);
    expect(rows(all)).toBeLessThan(300);
    expect(textOf(all)).toContain(`${300 - rows(all)} more have no room here`);
    for (const count of [2, 12, 40, 300]) expect(Buffer.byteLength(many(count))).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});

test('a hundred services with full histories of usual length have room', () => {
  const history = Array.from({ length: 10 }, (_, index) => ({ ...OPEN, atMs: NOW_MS - index }));
  const html = render(
    overview(...Array.from({ length: 100 }, (_, index) => shown({ service: `service-${index}`, history }))),
  );
  expect(html.split('<th scope="row">')).toHaveLength(101);
  expect(html).not.toContain('no room');
});

test('a gateway without circuits says so', () => {
  expect(render(overview())).toBe('<p>No service of this gateway has a circuit.</p>');
});

test('where nothing can be read, the reason is told', () => {
  expect(renderFault('<timeout>')).toContain('The circuits cannot be read:</strong> &lt;timeout&gt;.');
});
