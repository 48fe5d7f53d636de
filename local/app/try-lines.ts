import { AUTHORIZATION, type AuthPolicy } from '../../lambdas/contract/auth/auth-policy.ts';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import { DEFAULT_OPERATOR_PORT } from '../operator/serve-operator.ts';
import type { RunningGateway, ServiceEntry } from '../running-gateway.ts';

type Served = Pick<RunningGateway, 'url' | 'services' | 'model' | 'issuers' | 'operator'>;

/** Commands to try: each one shows another feature of the gateway. */
export function tryLines(gateway: Served): readonly string[] {
  const { url } = gateway;
  const services = gateway.services();
  const guarded = services.filter(({ policy }) => takesToken(policy.default.auth));
  const first = guarded[0] ?? services[0];
  const broken = guarded.find((entry) => entry !== first && entry.demo && entry.policy.circuit) ?? first;
  const health = gateway.model().api.routes.find(({ routeKey }) => /^GET \/health$/.test(routeKey));
  return [
    ...(first ? serviceLines(url, first) : []),
    ...(guarded[0] ? secondIssuerLines(gateway, guarded[0]) : []),
    ...apiKeyLines(gateway),
    ...scopeLines(url, services),
    ...(broken?.policy.circuit ? [circuitLine(url, broken)] : []),
    ...(health ? [`curl -i ${url}/health`] : []),
  ];
}

/** A loop of more requests than this, to see a 429, is not suggested. */
const MANY = 1000;

const TOKEN = 'T=$(npm run --silent token -- --sub alice)';
const BEARER = '-H "Authorization: Bearer $T"';
const STATUS_ONLY = "-s -o /dev/null -w '%{http_code}\\n'";

function serviceLines(url: string, { policy }: ServiceEntry): readonly string[] {
  const address = `${url}${policy.prefix}/42`;
  const allowed = requestsAllowed(policy);
  return [
    `${TOKEN}; curl -i ${BEARER} '${address}?x=1'`,
    `curl -i ${address}  # without a token: 401`,
    ...(allowed <= MANY
      ? [`${times(allowed + 1)} curl ${STATUS_ONLY} ${BEARER} ${address}; done | sort | uniq -c`]
      : []),
  ];
}

function secondIssuerLines(gateway: Served, { policy }: ServiceEntry): readonly string[] {
  const [, second] = gateway.issuers();
  if (!second) return [];
  const token = `$(npm run --silent token -- --issuer ${second.issuer} --sub alice)`;
  const who = second.subjectPrefix === '' ? 'another issuer' : `${second.subjectPrefix}|alice`;
  return [`curl -i -H "Authorization: Bearer ${token}" ${gateway.url}${policy.prefix}/42  # ${who}`];
}

function apiKeyLines(gateway: Served): readonly string[] {
  const operator = gateway.operator();
  const keyed = gateway.services().find(({ policy }) => keyHeader(policy.default.auth) !== undefined);
  const header = keyed && keyHeader(keyed.policy.default.auth);
  if (operator === undefined || !keyed || header === undefined) return [];
  const create = `npx tsx bin/ops.ts keys create --owner billing --gateway ${operator.gateway} ${localOption(operator.port)}`;
  const sent = header === AUTHORIZATION ? 'Authorization: Bearer $K' : `${header}: $K`;
  return [`K=$(${create}); curl -i -H "${sent}" ${gateway.url}${keyed.policy.prefix}/42`];
}

/** A route that a token without scopes may not call. */
function scopeLines(url: string, services: readonly ServiceEntry[]): readonly string[] {
  const routes = services.flatMap(({ policy }) => Object.entries(policy.routes));
  const [routeKey, route] = routes.find(([, { auth }]) => scopesOf(auth).length > 0) ?? [];
  if (routeKey === undefined || !route) return [];
  const [method, path = ''] = routeKey.split(' ');
  const way = method === 'ANY' ? '' : `-X ${method} `;
  return [
    `curl -i ${way}${BEARER} ${url}${path.replace(/\{[^}]+\}/g, '42')}  # without the scope ${scopesOf(route.auth).join(' ')}: 403`,
  ];
}

/** The option with which `bin/ops.ts` asks this run. */
export function localOption(port: number): string {
  return port === DEFAULT_OPERATOR_PORT ? '--local' : `--local ${port}`;
}

function takesToken(auth: AuthPolicy): boolean {
  return auth.type === 'required' && auth.accepts.some(({ kind }) => kind === 'jwt');
}

function keyHeader(auth: AuthPolicy): string | undefined {
  if (auth.type === 'none') return undefined;
  const key = auth.accepts.find(({ kind }) => kind === 'apiKey');
  return key && (key.header ?? AUTHORIZATION);
}

function scopesOf(auth: AuthPolicy): readonly string[] {
  if (auth.type === 'none') return [];
  return auth.accepts.find(({ kind, scopes }) => kind === 'jwt' && scopes.length > 0)?.scopes ?? [];
}

/** Requests of one client before the first 429; `Infinity` without a limit. */
function requestsAllowed({ gatewayLimits, default: { limits, cost } }: ServicePolicy): number {
  const units = [...gatewayLimits, ...(limits ?? [])].flatMap((limit) =>
    limit.kind === 'window' && !limit.shadow ? [limit.limit] : [],
  );
  return Math.floor(Math.min(...units) / cost);
}

function circuitLine(url: string, { policy }: ServiceEntry): string {
  return `${times(10)} curl ${STATUS_ONLY} ${BEARER} ${url}${policy.prefix}/status/503; done; curl -i ${BEARER} ${url}${policy.prefix}/42`;
}

function times(count: number): string {
  return `for i in $(seq ${count}); do`;
}
