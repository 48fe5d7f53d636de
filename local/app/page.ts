import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import type { RouteModel } from '../assembly/model.ts';
import type { RunningGateway, ServiceEntry } from '../gateway.ts';
import { DEFAULT_OPERATOR_PORT } from '../operator/serve-operator.ts';

/** What a newcomer sees when the gateway runs: the address, the routes, the stores and what to try. */
export function startPage(gateway: RunningGateway, hint: string): string {
  return [
    `Tollgate serves ${gateway.model().api.name} on ${gateway.url}`,
    '',
    routesTable(gateway),
    '',
    `Redis     ${gateway.redis.description}`,
    `DynamoDB  dynalite in this process at ${gateway.dynamoUrl.replace('http://', '')}`,
    ...operatorLines(gateway),
    `ignored   ${[...gateway.model().ignored.keys()].toSorted().join(', ') || 'nothing'}`,
    '',
    'Try:',
    ...curlLines(gateway).map((line) => `  ${line}`),
    '',
    hint,
  ].join('\n');
}

function operatorLines(gateway: RunningGateway): readonly string[] {
  const operator = gateway.operator();
  if (operator === undefined) return [];
  const port = operator.port === DEFAULT_OPERATOR_PORT ? '' : ` ${operator.port}`;
  return [`operators npx tsx bin/ops.ts list --gateway ${operator.gateway} --local${port}`];
}

/** Routes that only answer preflights are many and alike: they are left out. */
export function routesTable(gateway: RunningGateway): string {
  const services = new Map(gateway.services().map((entry) => [entry.functionName, entry]));
  const routes = gateway.model().api.routes.filter(({ routeKey }) => !routeKey.startsWith('OPTIONS '));
  const rows = routes.map((route) => row(route, services.get(route.functionName)));
  return table([['METHOD', 'PATH', 'SERVICE', 'AUTH', 'UPSTREAM'], ...rows.toSorted(byPath)]);
}

function row({ routeKey, authorizer }: RouteModel, entry: ServiceEntry | undefined): string[] {
  const [method = '', path = ''] = routeKey.split(' ');
  if (!entry) return [method, path, '-', authorizer ? 'jwt' : 'none', '-'];
  const upstream = entry.demo ? `demo for ${entry.policy.upstream}` : entry.upstream;
  return [method, path, entry.policy.service, authText(routeKey, entry), upstream];
}

function authText(routeKey: string, { policy }: ServiceEntry): string {
  const { auth } = policy.routes[routeKey] ?? policy.default;
  if (auth.type === 'none') return 'none';
  return auth.scopes.length === 0 ? 'jwt' : `jwt (${auth.scopes.join(' ')})`;
}

function byPath([, left = '']: readonly string[], [, right = '']: readonly string[]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function curlLines(gateway: RunningGateway): readonly string[] {
  const { url } = gateway;
  const services = gateway.services();
  const guarded = services.filter(({ policy }) => policy.default.auth.type === 'jwt');
  const first = guarded[0] ?? services[0];
  const broken = guarded.find((entry) => entry !== first && entry.demo && entry.policy.circuit) ?? first;
  const health = gateway.model().api.routes.find(({ routeKey }) => /^GET \/health$/.test(routeKey));
  return [
    ...(first ? serviceLines(url, first) : []),
    ...(broken?.policy.circuit ? [circuitLine(url, broken)] : []),
    ...(health ? [`curl -i ${url}/health`] : []),
  ];
}

/** More than these nobody types in to see a 429. */
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

/** Requests of one client until the first 429; infinitely many where none comes. */
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
