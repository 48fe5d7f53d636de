import type { DashboardModel } from '../assembly/model.ts';
import { functionNameIn } from '../assembly/physical.ts';
import { INVOCATION_TIMEOUT_MS, type Invoke, type Outcome } from '../functions/invocation.ts';
import { parseEvent } from '../functions/parse-event.ts';
import type { Api } from '../http/api.ts';
import type { Request, Response } from '../http/message.ts';
import { readAssets } from './assets.ts';
import { CallGuard } from './call-guard.ts';
import { ASSETS_PATH, dashboardPage } from './dashboard-page.ts';

export const DASHBOARD_PATH = '/dashboard';
const CALLS_PATH = '/dashboard/calls';

export interface DashboardApiOptions {
  /** The gateway's name. */
  readonly gateway: () => string;
  readonly dashboards: () => readonly DashboardModel[];
  /** Names of the operator functions; buttons may call them, too. */
  readonly operators: () => readonly string[];
  readonly invoke: Invoke;
}

/**
 * The page removes scripts from a widget's answer. If one remained, these headers would keep it from running and from
 * loading or sending anything. They also keep other sites from framing the page. Inline styles are allowed, as in
 * CloudWatch.
 */
const SECURITY_HEADERS: Response['headers'] = [
  [
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
];

/** Shows the custom widgets of the app's dashboards in a browser of this machine, as CloudWatch does. */
export function createDashboardApi(options: DashboardApiOptions): Api {
  const guard = new CallGuard();
  const assets = readAssets();
  return async (request) => {
    const { method, target } = request;
    if (method === 'POST' && target === CALLS_PATH) return call(request, guard, options);
    if (method !== 'GET' && method !== 'HEAD') return refusal(404, 'there is nothing of this kind here');
    if (/^\/dashboard\/?(\?.*)?$/.test(target)) {
      return response(200, 'text/html; charset=utf-8', pageOf(options, guard));
    }
    const asset = target.startsWith(ASSETS_PATH) ? assets.get(target.slice(ASSETS_PATH.length)) : undefined;
    return asset === undefined ? refusal(404, 'there is no such page') : response(200, asset.type, asset.body);
  };
}

function pageOf({ gateway, dashboards }: DashboardApiOptions, { token }: CallGuard): string {
  return dashboardPage({ title: gateway(), dashboards: dashboards(), token });
}

/** Calls the function of a widget or of one of its buttons. */
async function call(
  request: Request,
  guard: CallGuard,
  { dashboards, operators, invoke }: DashboardApiOptions,
): Promise<Response> {
  if (!guard.admits(request)) return refusal(403, 'the gateway has restarted since this page was loaded: reload it');
  if (request.bodyTooLarge) return refusal(413, 'a call may have at most 64 KB here');
  const body = parseEvent(request.body);
  if (!isCall(body)) return refusal(400, 'a call must be a JSON object with an endpoint and an event');
  const { widgetContext } = body.event;
  if (!isObject(widgetContext)) return refusal(400, contextFault(widgetContext));
  const name = functionNameIn(body.endpoint);
  const widgets = dashboards().flatMap((dashboard) =>
    dashboard.widgets.map(({ endpoint }) => functionNameIn(endpoint)),
  );
  if (name === undefined || !(widgets.includes(name) || operators().includes(name))) {
    return refusal(404, `${body.endpoint} is neither a widget's nor an operator's function of this app`);
  }
  return answerOf(await invoke(name, body.event, INVOCATION_TIMEOUT_MS));
}

interface Call {
  readonly endpoint: string;
  readonly event: { readonly widgetContext?: unknown };
}

function isCall(body: object | undefined): body is Call {
  if (body === undefined || !('endpoint' in body) || !('event' in body)) return false;
  return typeof body.endpoint === 'string' && isObject(body.event);
}

/**
 * Without a context the operator function would treat the event as an operator's. An operator may do more than a
 * button.
 */
function contextFault(got: unknown): string {
  return `the widgetContext of an event must be an object, got ${JSON.stringify(got) ?? 'none'}: click in the page, which adds it, or use the operators' command`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function answerOf(outcome: Outcome): Response {
  switch (outcome.kind) {
    case 'replied':
      return response(200, 'application/json', outcome.payload);
    case 'failed':
      return refusal(502, `${outcome.errorType}: ${outcome.message}`);
    case 'throttled':
      return refusal(429, 'the reserved concurrency of the function is used up');
    case 'late':
      return refusal(504, 'the function did not answer in time');
    case 'too-large':
      return refusal(413, 'the event is over 6 MB');
  }
}

function refusal(status: number, message: string): Response {
  return response(status, 'application/json', JSON.stringify({ message }));
}

function response(status: number, type: string, body: string | Buffer): Response {
  return { status, headers: [['content-type', type], ...SECURITY_HEADERS], body: Buffer.from(body) };
}
