import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import { render, renderFault } from '../../../lambdas/widget/render.ts';
import { CLOSED, FORCED_OPEN, HALF_OPEN, NOW_MS, OPEN, OPERATOR, overview, shown } from './circuits.ts';

const LIMIT_BYTES = 512 * 1024;

const told = (circuit: CircuitState) => textOf(render(overview(shown({ circuit }))));

/** What is read by somebody who sees no tags, and the operations of the buttons are none of it. */
function textOf(html: string): string {
  return html
    .replace(/<style>.*?<\/style>|<cwdb-action.*?<\/cwdb-action>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

/** With the names of their attributes, whatever the values. */
function tagsOf(html: string): readonly string[] {
  return (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, ''));
}

function actionsOf(html: string) {
  const pattern =
    /<a class="btn(?: btn-primary)?" title="([^"]*)" aria-label="([^"]*)">([^<]*)<\/a><cwdb-action action="call" display="popup" confirmation="([^"]*)" endpoint="([^"]*)">([^<]*)<\/cwdb-action>/g;
  return [...html.matchAll(pattern)].map(([, title, label, text, confirmation, endpoint, json]) => ({
    title,
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
      'orders ✖ open for 10 s since 2026-03-04 11:59:50 probes are sent in 20 s outcomes: 7 of 12 calls failed 12 calls, 7 failed seen by the instance with the log stream env-1 ',
    );
  });

  test.each<[string, CircuitState]>([
    ['✔ closed', CLOSED],
    ['all requests pass again in 4 s', { ...CLOSED, rampUntilMs: NOW_MS + 4000 }],
    ['it has never moved', INITIAL_CIRCUIT],
    ['the next request is a probe', { ...OPEN, retryAtMs: NOW_MS }],
    ['◐ half-open', HALF_OPEN],
    ['1 probe succeeded, 2 under way', HALF_OPEN],
    ['outage since 2026-03-04 11:59:20', HALF_OPEN],
    ['⚑ ✖ forced-open for 5 s', FORCED_OPEN],
    ['it moves by itself again in 10 min', FORCED_OPEN],
    ['it moves by itself again after “Automatic”', { ...FORCED_OPEN, untilMs: 0 }],
    ['operator alice: the upstream is being moved', FORCED_OPEN],
    ['⚑ ✔ forced-closed', { ...FORCED_OPEN, state: 'forced-closed' }],
    ['open for 0 s', { ...OPEN, atMs: NOW_MS + 60_000 }],
  ])('%s', (text, circuit) => {
    expect(told(circuit)).toContain(text);
  });

  test('why a circuit cannot be read, while the others can', () => {
    const html = render(
      overview(shown({ circuit: null, fault: 'circuit.state must be one of …' }), shown({ service: 'users' })),
    );
    expect(textOf(html)).toContain('orders ? unreadable circuit.state must be one of … Stop traffic 10 min ');
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
      /^ history 2026-03-04 11:59:59 ✖ open outcomes.* 2026-03-04 11:59:58 ⚑ ✖ forced-open /,
    );
    expect(render(overview(shown()))).not.toContain('<details>');
    expect(textOf(render(overview(shown({ history: null }))))).toContain('its history cannot be read');
  });
});

describe('the buttons', () => {
  const ASKED = { by: 'dashboard', reason: 'from the dashboard', reasonField: 'reason', service: 'orders' };
  const confirmationsOf = (changes: Parameters<typeof shown>[0]) =>
    actionsOf(render(overview(shown(changes)))).map(({ confirmation }) => confirmation);

  test('each stand before the operation that they ask for, and say what clients get', () => {
    const actions = actionsOf(render(overview(shown())));
    expect(actions.map(({ text, operation }) => [text, operation])).toEqual([
      ['Stop traffic 10 min', { ...ASKED, action: 'open-circuit', forMs: 600_000 }],
      ['Stop traffic', { ...ASKED, action: 'open-circuit', forMs: null }],
      ['Let all through 10 min', { ...ASKED, action: 'close-circuit', forMs: 600_000 }],
      ['Let all through', { ...ASKED, action: 'close-circuit', forMs: null }],
    ]);
    for (const { label, text, endpoint } of actions) {
      expect([label, endpoint]).toEqual([`${text}, orders`, OPERATOR]);
    }
    const stopped = 'Clients get 503 circuit_open or the service’s fallback, and the upstream no request.';
    const through = 'Clients get what the upstream answers, however much of it fails.';
    expect(actions.map(({ title }) => title)).toEqual([stopped, stopped, through, through]);
  });

  test('ask before anything happens: what, for how long, with what effect, and on what', () => {
    const stopped = 'Clients get 503 circuit_open or the service’s fallback, and the upstream no request.';
    const through = 'Clients get what the upstream answers, however much of it fails.';
    const was = 'When this was shown, the circuit was closed.';
    expect(confirmationsOf({})).toEqual([
      `Stop traffic of orders for 10 min? ${stopped} ${was}`,
      `Stop traffic of orders until “Automatic”? ${stopped} ${was}`,
      `Let all through to orders for 10 min? ${through} ${was}`,
      `Let all through to orders until “Automatic”? ${through} ${was}`,
    ]);
  });

  test('ask before they end what another operator asked for, and before they change what is no use to change', () => {
    const alice = 'was held open by hand (operator alice: the upstream is being moved), and that ends.';
    for (const confirmation of confirmationsOf({ circuit: FORCED_OPEN })) expect(confirmation).toContain(alice);
    for (const confirmation of confirmationsOf({ circuit: OPEN, shadow: true })) {
      expect(confirmation).toContain('the circuit was open. It is in shadow mode: by itself it rejects nothing.');
    }
    for (const confirmation of confirmationsOf({ circuit: null, fault: 'x' })) {
      expect(confirmation).toContain('What the table has of the circuit cannot be read, and is replaced.');
    }
  });

  test('let a circuit move by itself again only where somebody holds it, and say what comes then', () => {
    const releasing = (circuit: CircuitState) =>
      actionsOf(render(overview(shown({ circuit })))).filter(({ operation }) => operation.action === 'release-circuit');
    expect(releasing(FORCED_OPEN)).toMatchObject([
      {
        text: 'Automatic',
        label: 'Automatic, orders',
        title: 'Some requests try the upstream first; all pass once those are answered well.',
        operation: { ...ASKED, action: 'release-circuit' },
      },
    ]);
    expect(releasing({ ...FORCED_OPEN, state: 'forced-closed' })).toMatchObject([
      { title: 'It stops the traffic when too many requests fail.' },
    ]);
    expect([CLOSED, OPEN, HALF_OPEN].map(releasing)).toEqual([[], [], []]);
  });
});

describe('a circuit in shadow mode', () => {
  const marks = (circuit: CircuitState) => textOf(render(overview(shown({ circuit, shadow: true }))));

  test('is told to reject nothing by itself, and its mark is no alarm', () => {
    expect(marks(OPEN)).toContain('✖ open (shadow) for 10 s');
    expect(marks(OPEN)).toContain('in shadow mode: rejects nothing by itself');
    const html = render(overview(shown({ circuit: OPEN, shadow: true })));
    expect(html).not.toContain('#d13212');
    expect(render(overview(shown({ circuit: OPEN })))).toContain('#d13212');
  });

  test('that is held open by hand rejects all the same', () => {
    expect(marks(FORCED_OPEN)).toContain('⚑ ✖ forced-open for 5 s');
    expect(marks(FORCED_OPEN)).toContain('rejects nothing by itself, but all requests while it is held open by hand');
    expect(render(overview(shown({ circuit: FORCED_OPEN, shadow: true })))).toContain('#d13212');
  });
});

test('the field for a reason has what was typed into it before, as text', () => {
  const html = render({ ...overview(shown()), reason: '"><b>a</b>' });
  expect(html).toContain(
    '<input name="reason" value="&quot;&gt;&lt;b&gt;a&lt;/b&gt;" placeholder="from the dashboard"',
  );
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
    expect([rows(many(25)), entries(many(25))]).toEqual([25, 75]);
    expect([rows(many(80)), entries(many(80))]).toEqual([80, 0]);
    const all = many(300);
    expect(rows(all)).toBeLessThan(300);
    expect(textOf(all)).toContain(`${300 - rows(all)} more have no room here`);
    for (const count of [2, 25, 80, 300]) expect(Buffer.byteLength(many(count))).toBeLessThanOrEqual(LIMIT_BYTES);
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
