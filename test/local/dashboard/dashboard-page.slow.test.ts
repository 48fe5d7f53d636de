import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, startBrowser } from '../../support/browser.ts';
import { serveFixture } from '../support/gateway.ts';
import { ACCOUNT, arnOf, fixture } from './fixture.ts';

let browser: Browser;
const pages: Page[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});
afterAll(() => browser.close());

/** What the page said in the console: scripts that the policy refuses are told there. */
interface Opened {
  readonly page: Page;
  readonly errors: string[];
}

/** Opens the dashboard whose widget answers this: an expression over `event` and the number of the call. */
async function open(
  answer: string,
  params: object = {},
  prepare: (page: Page) => Promise<unknown> = still,
): Promise<Opened> {
  const widget = `let calls = 0; export const handler = async (event) => { calls += 1; return ${answer}; };`;
  const { gateway } = await serveFixture(fixture(widget, params));
  const page = await browser.newPage();
  pages.push(page);
  await prepare(page);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(gateway.dashboardUrl() ?? '');
  return { page, errors };
}

/** Nothing happens by itself: whoever counts calls may take longer than until the next refresh. */
const still = (page: Page) => page.addInitScript('setInterval = () => 0');

/** Whose time the test can let go on. */
const timed = (page: Page) => page.clock.install();

/** The page without the policy that would stop what the cleaning lets through. */
const withoutPolicy = (page: Page) => page.route('**/dashboard', servePlain);

async function servePlain(route: Route): Promise<void> {
  const response = await route.fetch();
  const { 'content-security-policy': _, ...headers } = response.headers();
  await route.fulfill({ response, headers });
}

const TAKEN = "document.title = 'taken'";

/** Two frames: the first begins the animations, and what a script would have done is done after the second. */
const clickWhenAnimated = `(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  document.querySelector('#go')?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  await frame();
})()`;

const content = (page: Page) => page.locator('.widget .content');
const dialog = (page: Page) => page.getByRole('dialog');

function action(attributes: string, body: string, element = '<a class="btn">Do it</a>'): string {
  return JSON.stringify(`${element} <cwdb-action ${attributes}>${body}</cwdb-action>`);
}

describe('a widget', () => {
  test('is called as CloudWatch calls it, and what it answers is shown', async () => {
    const { page, errors } = await open('"<h3>Call</h3><pre>" + JSON.stringify(event) + "</pre>"', { region: 'eu' });
    await content(page).getByRole('heading', { name: 'Call' }).waitFor();
    const event = JSON.parse((await content(page).locator('pre').textContent()) ?? '');
    expect(event).toMatchObject({
      region: 'eu',
      widgetContext: {
        dashboardName: 'shop',
        widgetId: 'widget-1',
        accountId: ACCOUNT,
        locale: expect.stringMatching(/^[a-z]{2}$/),
        timezone: { offsetISO: expect.stringMatching(/^[+-]\d\d:\d\d$/), offsetInMinutes: expect.any(Number) },
        period: 300,
        timeRange: { mode: 'relative', start: expect.any(Number), end: expect.any(Number) },
        theme: 'light',
        title: 'Circuits & more',
        forms: { all: {} },
        params: { region: 'eu' },
        width: expect.any(Number),
        height: expect.any(Number),
      },
    });
    expect(event.widgetContext.width).toBeGreaterThan(100);
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toBe('Circuits & more');
    expect(errors).toEqual([]);
  });

  test('is called again by the refresh button', async () => {
    const { page } = await open('"<p>call " + calls + "</p>"');
    await content(page).getByText('call 1').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await content(page).getByText('call 2').waitFor();
  });

  test('may answer Markdown or JSON', async () => {
    const { page } = await open('calls === 1 ? { markdown: "## Title" } : { a: [1] }');
    await content(page).getByText('## Title').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await content(page).getByText('"a": [').waitFor();
  });

  test('that fails shows its error', async () => {
    const { page } = await open('event.nothing.there');
    await content(page).getByRole('alert').filter({ hasText: 'TypeError' }).waitFor();
  });

  test.each([
    '<script>document.title = "taken"</script>',
    '<img src="data:," onerror="document.title = \'taken\'">',
    '<svg onload="document.title = \'taken\'"></svg>',
    '<svg><script>document.title = "taken"</script></svg>',
    '<iframe srcdoc="<script>parent.document.title = 1</script>"></iframe>',
    '<details open ontoggle="document.title = \'taken\'">x</details>',
    '<a id="go" href="java\tscript:document.title = \'taken\'">x</a>',
    '<form action="javascript:document.title = \'taken\'"><button id="go">x</button></form>',
    '<noscript><p title="</noscript><img src=data:, onerror=document.title=1>"></p></noscript>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--><img src=data:, onerror=document.title=1>">',
    '<meta http-equiv="refresh" content="0;url=about:blank">',
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="/dashboard/assets/dashboard.css">',
    // A field stands in for the property of its form that it has the name of.
    `<form id="go" onclick="${TAKEN}" action="javascript:${TAKEN}"><input name="attributes"><input name="attributes"></form>`,
    `<form id="go" onclick="${TAKEN}"><input name="getAttributeNames"><input id="removeAttribute"><input name="remove"></form>`,
    // An address that is harmless, or none, until it is animated.
    `<svg><a id="go"><text y="20">x</text><animate attributeName="href" values="javascript:${TAKEN}" fill="freeze"/></a></svg>`,
    `<svg><a id="go" href="#"><text y="20">x</text><set attributeName="href" to="javascript:${TAKEN}"/></a></svg>`,
    `<svg><a id="go"><text y="20">x</text></a><animate href="#go" attributeName="xlink:href" to="javascript:${TAKEN}"/></svg>`,
    '<svg><circle><animateMotion/><animateTransform attributeName="transform"/></circle></svg>',
  ])('runs no script and leads nowhere, whatever the policy of the page: %s', async (html) => {
    const { page } = await open(JSON.stringify(`${html}<p>the end</p>`), {}, withoutPolicy);
    await content(page).getByText('the end').first().waitFor({ state: 'attached' });
    await page.evaluate(clickWhenAnimated);
    expect(await page.title()).toBe('test');
    expect(new URL(page.url()).pathname).toBe('/dashboard');
    const forbidden =
      'script, iframe, meta, base, link, animate, set, animateMotion, animateTransform, [onerror], [onload], [ontoggle], [onclick], [srcdoc], [action], [href]:not([href="#"])';
    expect(await content(page).locator(forbidden).count()).toBe(0);
  });

  test.each(['createElement', 'body', 'querySelectorAll'])(
    'gives nothing of itself the name of the document’s %s',
    async (name) => {
      const html = `<img name="${name}"><form name="${name}"><input name="childNodes"></form><p>the end</p>`;
      const confirmed = action('confirmation="Really?" display="popup"', '<b>done</b>');
      const { page, errors } = await open(`${JSON.stringify(html)} + ${confirmed}`);
      await content(page).getByText('the end').waitFor();
      await page.getByRole('button', { name: 'Do it' }).click();
      await dialog(page).getByRole('button', { name: 'Do it' }).click();
      await dialog(page).locator('b', { hasText: 'done' }).waitFor();
      expect(await page.evaluate(`Object.hasOwn(document, '${name}')`)).toBe(false);
      expect(errors).toEqual([]);
    },
  );

  test('keeps its styles, links and fields', async () => {
    const { page } = await open(
      JSON.stringify(
        '<style>.x { color: rgb(1, 2, 3) }</style><a class="x" href="https://example.com/">out</a><input name="q">',
      ),
    );
    const link = content(page).getByRole('link', { name: 'out' });
    expect(await link.getAttribute('href')).toBe('https://example.com/');
    expect(await page.evaluate("getComputedStyle(document.querySelector('.x')).color")).toBe('rgb(1, 2, 3)');
    await content(page).locator('input[name=q]').waitFor();
  });
});

describe('an action', () => {
  const CALL = `action="call" display="popup" endpoint="${arnOf('shop-operator')}"`;

  test('calls the function with its JSON and the context, shows the answer, and refreshes the widget', async () => {
    const { page, errors } = await open(`"<p>call " + calls + "</p>" + ${action(CALL, '{"a":"&lt;1&gt;"}')}`);
    await page.getByRole('button', { name: 'Do it' }).click();
    const shown = JSON.parse((await dialog(page).locator('pre').textContent()) ?? '');
    expect(shown).toMatchObject({ a: '<1>', widgetContext: { dashboardName: 'shop' } });
    await content(page).getByText('call 1').waitFor();
    await dialog(page).getByRole('button', { name: 'OK' }).click();
    await content(page).getByText('call 2').waitFor();
    expect(await dialog(page).count()).toBe(0);
    expect(await page.locator('cwdb-action').count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test('that has a confirmation waits for it, and is not taken where it is cancelled or escaped from', async () => {
    const confirmed = `${CALL} confirmation="Really &lt;do&gt; it?"`;
    const { page } = await open(`"<p>call " + calls + "</p>" + ${action(confirmed, '{"html":"&lt;em>done&lt;/em>"}')}`);
    const button = page.getByRole('button', { name: 'Do it' });
    const cancel = dialog(page).getByRole('button', { name: 'Cancel' });
    for (const refuse of [
      () => cancel.click(),
      () => page.keyboard.press('Escape'),
      () => page.keyboard.press('Enter'),
    ]) {
      await button.click();
      await dialog(page).getByText('Really <do> it?').waitFor();
      await refuse();
      await dialog(page).waitFor({ state: 'detached' });
    }
    await button.click();
    await dialog(page).getByRole('button', { name: 'Do it' }).click();
    await dialog(page).locator('em', { hasText: 'done' }).waitFor();
    // Refused thrice and taken once: the widget itself was called once until now.
    await content(page).getByText('call 1').waitFor();
  });

  test('is taken by the keyboard alone, and the focus goes on from there', async () => {
    const { page } = await open(`"<p>call " + calls + "</p>" + ${action(CALL, '{"html":"done"}')}`);
    await page.getByRole('button', { name: 'Do it' }).waitFor();
    await page.getByRole('button', { name: 'Refresh' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await dialog(page).getByText('done').waitFor();
    await page.keyboard.press('Escape');
    await content(page).getByText('call 2').waitFor();
    await page.waitForFunction("document.activeElement.textContent === 'Do it'");
  });

  test('sends the fields of the widget along', async () => {
    const fields =
      '<input name="who" value="alice"><input type="checkbox" name="no"><select name="unit"><option>min</select>';
    const { page } = await open(`${JSON.stringify(fields)} + ${action(CALL, '{}')}`);
    await page.locator('input[name=who]').fill('bob');
    await page.getByRole('button', { name: 'Do it' }).click();
    const shown = JSON.parse((await dialog(page).locator('pre').textContent()) ?? '');
    expect(shown.widgetContext.forms).toEqual({ all: { who: 'bob', unit: 'min' } });
  });

  test('may replace the widget, with what its function answers or with its own HTML', async () => {
    const { page } = await open(
      `${action(`action="call" endpoint="${arnOf('shop-operator')}"`, '{"html":"&lt;b>next&lt;/b>"}')}`,
    );
    await page.getByRole('button', { name: 'Do it' }).click();
    await content(page).locator('b', { hasText: 'next' }).waitFor();

    const { page: second } = await open(action('', '<b>more</b><script>document.title = 1</script>'));
    await second.getByRole('button', { name: 'Do it' }).click();
    await content(second).locator('b', { hasText: 'more' }).waitFor();
    expect(await second.title()).toBe('test');
  });

  test('shows an answer with a footer of its own, and its button beside that', async () => {
    const { page } = await open(action('display="popup"', '<footer hidden>theirs</footer>'));
    await page.getByRole('button', { name: 'Do it' }).click();
    await dialog(page).getByRole('button', { name: 'OK' }).click();
    await dialog(page).waitFor({ state: 'detached' });
  });

  test('happens on the element before it, on the event that it names', async () => {
    const tags = '<cwdb-action event="mouseenter" display="popup"><i>hovered</i></cwdb-action>';
    const { page } = await open(
      `"<p>not this one</p>" + ${action('event="dblclick" display="popup"', '<i>twice</i>')} + ${JSON.stringify(tags)}`,
    );
    await content(page).getByText('not this one').click();
    expect(await dialog(page).count()).toBe(0);
    // The dialog that this opens lies over the element at once.
    await page.getByText('Do it').hover({ force: true });
    await dialog(page).getByText('hovered').waitFor();
    await dialog(page).getByRole('button', { name: 'OK' }).click();
    await page.getByText('Do it').dispatchEvent('dblclick');
    await dialog(page).getByText('twice').waitFor();
  });

  test.each([
    [
      'a function that is no operator’s',
      `action="call" display="popup" endpoint="${arnOf('shop-ok')}"`,
      '{}',
      "is neither a widget's nor",
    ],
    ['a function that fails', CALL, '{"fail":true}', 'RangeError: told to'],
    ['parameters that are no JSON', CALL, '{', 'the parameters of the action are no JSON'],
  ])('tells what went wrong: %s', async (_, attributes, json, message) => {
    const { page } = await open(action(attributes, json));
    await page.getByRole('button', { name: 'Do it' }).click();
    await dialog(page).getByRole('alert').filter({ hasText: message }).waitFor();
  });
});

describe('a widget refreshes by itself', () => {
  const CALL = `action="call" display="popup" confirmation="Really?" endpoint="${arnOf('shop-operator')}"`;
  const FIELDS = '<details><summary>more</summary>folded</details><label>Why <input name="why"></label>';
  const COUNTED = `"<p>call " + calls + "</p>" + ${JSON.stringify(FIELDS)} + ${action(CALL, '{}')}`;
  const REFRESH_MS = 10_000;
  const unfold = (page: Page) => content(page).getByText('more').click();

  test('every ten seconds, and what had the focus has it again', async () => {
    const { page } = await open(COUNTED, {}, timed);
    await content(page).getByText('call 1').waitFor();
    await page.getByRole('button', { name: 'Do it' }).focus();
    await page.clock.runFor(REFRESH_MS);
    await content(page).getByText('call 2').waitFor();
    await page.waitForFunction("document.activeElement.textContent === 'Do it'");
    await page.clock.runFor(REFRESH_MS);
    await content(page).getByText('call 3').waitFor();
  });

  test.each<[string, (page: Page) => Promise<unknown>, (page: Page) => Promise<unknown>]>([
    [
      'is asked something',
      (page) => page.getByRole('button', { name: 'Do it' }).click(),
      (page) => dialog(page).getByRole('button', { name: 'Cancel' }).click(),
    ],
    ['types', (page) => page.getByLabel('Why').fill('because'), (page) => page.getByLabel('Why').blur()],
    ['reads what they unfolded', unfold, unfold],
  ])('but not while somebody %s', async (_, begin, end) => {
    const { page } = await open(COUNTED, {}, timed);
    await content(page).getByText('call 1').waitFor();
    await begin(page);
    await page.clock.runFor(3 * REFRESH_MS);
    await end(page);
    await page.clock.runFor(REFRESH_MS);
    // The second call: there was none meanwhile.
    await content(page).getByText('call 2').waitFor();
  });

  test('but leaves what was shown to whoever is asked something before the answer has come', async () => {
    const { page } = await open(COUNTED, {}, timed);
    await content(page).getByText('call 1').waitFor();
    const answered = Promise.withResolvers<void>();
    await page.route('**/dashboard/calls', async (route) => {
      const response = await route.fetch();
      await answered.promise;
      await route.fulfill({ response });
    });
    const asked = page.waitForRequest('**/dashboard/calls');
    await page.clock.runFor(REFRESH_MS);
    const request = await asked;
    await page.getByRole('button', { name: 'Do it' }).click();
    await dialog(page).getByText('Really?').waitFor();
    answered.resolve();
    await (await request.response())?.finished();
    await page.unroute('**/dashboard/calls');
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    expect(await content(page).locator('p').textContent()).toBe('call 1');
    await page.clock.runFor(REFRESH_MS);
    await content(page).getByText('call 3').waitFor();
  });
});

test('a page of an earlier start says that it is one', async () => {
  const { page } = await open('"<p>call " + calls + "</p>"');
  await content(page).getByText('call 1').waitFor();
  await page.route('**/dashboard/calls', (route) =>
    route.continue({ headers: { ...route.request().headers(), 'x-tollgate-token': 'of an earlier start' } }),
  );
  await page.getByRole('button', { name: 'Refresh' }).click();
  await content(page).getByRole('alert').filter({ hasText: 'reload it' }).waitFor();
});
