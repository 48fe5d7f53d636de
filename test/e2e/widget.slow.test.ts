import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, startBrowser } from '../support/browser.ts';
import { type Controlled, serveControlled } from './support/controlled-upstream.ts';
import { eventually, type ServedGateway, serve, statuses, times } from './support/gateway.ts';
import type { Answer } from './support/http.ts';

let browser: Browser;
let gateway: ServedGateway;
let orders: Controlled;
let token: string;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  orders = await serveControlled();
  gateway = await serve({ upstreams: { orders: orders.url } });
  token = await gateway.token('alice');
  page = await browser.newPage();
  await page.goto(gateway.running.dashboardUrl() ?? '');
});
afterEach(async () => {
  await page.close();
  await gateway.close();
  await orders.stop();
});

const order = () => gateway.send('/api/orders/42', { token });
const row = (service: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: service, exact: true }) });
const button = (name: string) => row('orders').getByRole('button', { name: `${name}, orders`, exact: true });
const dialog = () => page.getByRole('dialog');

/** Clicks a button of orders and confirms. @returns what the operator function answered */
async function click(name: string): Promise<string> {
  await button(name).click();
  await dialog().getByRole('button', { name, exact: true }).click();
  const ok = dialog().getByRole('button', { name: 'OK' });
  await ok.waitFor();
  const answer = (await dialog().locator('div').textContent()) ?? '';
  await ok.click();
  return answer;
}

function codeOf(answer: Answer): string | undefined {
  return answer.status === 503 ? answer.json().code : undefined;
}

describe('on the dashboard of the running gateway', () => {
  test('the circuit of every service is shown', async () => {
    for (const service of ['users', 'orders', 'products', 'payments']) {
      await row(service).getByText('closed', { exact: false }).first().waitFor();
    }
  });

  test('a circuit is opened by its button and a confirmation, closed by another, and handed back', async () => {
    expect(statuses([await order()])).toEqual([200]);

    expect(await click('Stop traffic 10 min')).toContain('orders is held open by hand');
    await row('orders').getByText('forced-open').first().waitFor();
    await row('orders').getByText('it moves by itself again in 10 min').waitFor();
    const rejected = await eventually(order, (answer) => codeOf(answer) === 'circuit_open');
    expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(500);
    const before = orders.calls();
    expect((await times(3, order)).map(codeOf)).toEqual(Array(3).fill('circuit_open'));
    expect(orders.calls()).toBe(before);
    expect(statuses([await gateway.send('/api/users/42', { token })])).toEqual([200]);

    expect(await click('Let all through')).toContain('orders is held closed by hand');
    await row('orders').getByText('forced-closed').first().waitFor();
    await eventually(order, ({ status }) => status === 200);

    expect(await click('Automatic')).toContain('orders is closed');
    await row('orders').getByText('✔ closed').first().waitFor();
    await row('orders').getByText('history').click();
    expect(await row('orders').getByRole('listitem').allTextContents()).toEqual([
      expect.stringContaining('closed'),
      expect.stringContaining('forced-closed'),
      expect.stringContaining('forced-open'),
    ]);
    expect(statuses(await times(3, order))).toEqual([200, 200, 200]);
  });

  test('who opens a circuit says why in a field, which is in the history and stays as it was typed', async () => {
    await page.getByLabel('Reason').fill('the provider moves');
    expect(await click('Stop traffic')).toContain('by operator dashboard: the provider moves');
    await row('orders').getByText('operator dashboard: the provider moves').first().waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('the provider moves');
    expect(await click('Automatic')).toContain('orders is open');
  });

  test('a confirmation that is cancelled changes nothing', async () => {
    await button('Stop traffic').click();
    await dialog().getByText('Clients get 503 circuit_open').waitFor();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await row('orders').getByText('it has never moved').waitFor();
    expect(gateway.lines().filter(({ message }) => /^(circuit|operation)/.test(String(message)))).toEqual([]);
    expect(statuses(await times(3, order))).toEqual([200, 200, 200]);
  });

  test('a circuit that outcomes opened tells by what figures', async () => {
    orders.answer(503);
    await times(6, order);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await row('orders').getByText('✖ open').first().waitFor();
    await row('orders')
      .getByText(/\d+ calls, \d+ failed/)
      .first()
      .waitFor();
    await row('users').getByText('✔ closed').waitFor();
  });
});
