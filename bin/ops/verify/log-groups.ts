import type { AwsContext } from './check.ts';

/** Number of groups that are read at most: each page of each group is a call. */
const MOST_GROUPS = 8;

/** Log groups of the service's proxy function, or of all functions and stages that a request passes. */
export async function groupsOf({ aws, command }: AwsContext, which: 'proxy' | 'all'): Promise<readonly string[]> {
  const groups = (await aws.logs.groups(command.stack)).filter((name) => isOfStack(name, command.stack));
  const proxies = groups.filter((name) => name.includes('ProxyFunctionLogs'));
  // CloudFormation generates these names without the hyphens of the service's name.
  const own = proxies.filter((name) => name.includes(command.service.replaceAll('-', '')));
  const proxy = own.length > 0 ? own : proxies;
  if (which === 'proxy') return proxy.slice(0, MOST_GROUPS);
  const others = groups.filter((name) => /Authorizer|AccessLog|vendedlogs/.test(name));
  return [...proxy, ...others].slice(0, MOST_GROUPS);
}

/** `Tollgate-dev-Gateway` is also in the name of `Tollgate-dev-Gateway2`. */
function isOfStack(name: string, stack: string): boolean {
  const after = name[name.indexOf(stack) + stack.length];
  return after === undefined || !/\w/.test(after);
}
