import { describe, expect, it } from 'vitest';
import { redisEndpoint } from '../../../../lambdas/adapters/redis/redis-endpoint.ts';

const TOLLGATE_REDIS_URL = 'rediss://cache:6379';

describe('the Redis of an instance', () => {
  it.each([{}, { TOLLGATE_REDIS_URL: '' }])('is none in %o', (env) => {
    expect(redisEndpoint(env)).toBeUndefined();
  });

  it.each([
    [{ TOLLGATE_REDIS_URL }, false],
    [{ TOLLGATE_REDIS_URL, TOLLGATE_REDIS_CLUSTER: 'true' }, true],
    [{ TOLLGATE_REDIS_URL, TOLLGATE_REDIS_CLUSTER: 'false' }, false],
  ])('of %o is entered by nobody in particular', (env, cluster) => {
    expect(redisEndpoint(env)).toEqual({ url: TOLLGATE_REDIS_URL, cluster });
  });

  it('is entered as the user who is named', () => {
    const TOLLGATE_REDIS_LOGIN = '{"user":"gateway","cache":"cache","serverless":true}';
    expect(redisEndpoint({ TOLLGATE_REDIS_URL, TOLLGATE_REDIS_LOGIN })?.login).toMatchObject({ user: 'gateway' });
  });

  it('is an error when its login is none', () => {
    expect(() => redisEndpoint({ TOLLGATE_REDIS_URL, TOLLGATE_REDIS_LOGIN: '{}' })).toThrow('cacheLogin.user');
  });
});
