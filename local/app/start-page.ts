import type { RouteModel } from '../assembly/model.ts';
import type { RunningGateway, ServiceEntry } from '../running-gateway.ts';
import { authText } from './auth-text.ts';
import { localOption, tryLines } from './try-lines.ts';

/** The text that a started gateway prints: address, routes, stores and commands to try. */
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
    ...tryLines(gateway).map((line) => `  ${line}`),
    '',
    hint,
  ].join('\n');
}

function operatorLines(gateway: RunningGateway): readonly string[] {
  const operator = gateway.operator();
  const dashboard = gateway.dashboardUrl();
  return [
    ...(operator
      ? [`operators npx tsx bin/ops.ts list --gateway ${operator.gateway} ${localOption(operator.port)}`]
      : []),
    ...(dashboard === undefined ? [] : [`dashboard ${dashboard}`]),
  ];
}

/** Leaves out routes that only answer preflights: they are many and alike. */
export function routesTable(gateway: RunningGateway): string {
  const services = new Map(gateway.services().map((entry) => [entry.functionName, entry]));
  const routes = gateway.model().api.routes.filter(({ routeKey }) => !routeKey.startsWith('OPTIONS '));
  const rows = routes.map((route) => row(route, services.get(route.functionName)));
  return table([['METHOD', 'PATH', 'SERVICE', 'AUTH', 'UPSTREAM'], ...rows.toSorted(byPath)]);
}

function row({ routeKey, authorizer }: RouteModel, entry: ServiceEntry | undefined): string[] {
  const [method = '', path = ''] = routeKey.split(' ');
  if (!entry) return [method, path, '-', authorizer ? 'authorizer' : 'none', '-'];
  const upstream = entry.demo ? `demo for ${entry.policy.upstream}` : entry.upstream;
  const { auth } = entry.policy.routes[routeKey] ?? entry.policy.default;
  return [method, path, entry.policy.service, authText(auth), upstream];
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
