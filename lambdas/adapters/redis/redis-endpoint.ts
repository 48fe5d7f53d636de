import { decodeCacheLogin } from '../../contract/cache-login.ts';
import { Env } from '../../contract/environment.ts';
import { elastiCacheTokens } from './elasticache-token.ts';
import type { RedisLogin } from './login-connector.ts';
import type { RedisEndpoint } from './redis-connection.ts';

/**
 * The Redis that a function's environment names, or undefined where it names none.
 *
 * @throws DecodeError for a login that is none
 */
export function redisEndpoint(env: NodeJS.ProcessEnv): RedisEndpoint | undefined {
  const url = env[Env.redisUrl] ?? '';
  if (url === '') return undefined;
  const login = env[Env.redisLogin];
  return { url, cluster: env[Env.redisCluster] === 'true', ...(login && { login: iamLogin(login, env) }) };
}

function iamLogin(json: string, env: NodeJS.ProcessEnv): RedisLogin {
  const login = decodeCacheLogin(json);
  return { user: login.user, password: elastiCacheTokens(login, { region: env['AWS_REGION'] ?? '', clock: Date.now }) };
}
