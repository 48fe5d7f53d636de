import type { VerifyContext } from './check.ts';

/** At most these are read: each is a call a page. */
const MOST_GROUPS = 8;

/** Log groups of the service's proxy function, or of all that a request passes. */
export async function groupsOf({ aws, command }: VerifyContext, which: 'proxy' | 'all'): Promise<readonly string[]> {
  if (aws === undefined) return [];
  const groups = (await aws.logs.groups(command.stack)).filter((name) => isOfStack(name, command.stack));
  const proxies = groups.filter((name) => name.includes('ProxyFunctionLogs'));
  // CloudFormation makes the names, in which a service's has no hyphens.
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
