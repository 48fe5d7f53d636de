import { describe, expect, it } from 'vitest';
import { decodeCacheLogin, encodeCacheLogin } from '../../../lambdas/contract/cache-login.ts';

const LOGIN = { user: 'tollgate-user', cache: 'tollgate-cache', serverless: true };

describe('the login of the cache', () => {
  it('survives the way from lib to the functions', () => {
    expect(decodeCacheLogin(encodeCacheLogin(LOGIN))).toEqual(LOGIN);
  });

  it.each([
    ['{}', 'cacheLogin.user must be a string'],
    [JSON.stringify({ ...LOGIN, serverless: 'yes' }), 'cacheLogin.serverless must be a boolean'],
    ['no', 'cacheLogin must be JSON'],
  ])('%s is refused', (json, message) => {
    expect(() => decodeCacheLogin(json)).toThrow(message);
  });
});
