import { boolean, decodeJson, object, string } from './decode.ts';

/** How a function enters the cache by IAM: what its tokens are signed for. */
export interface CacheLogin {
  /** Id of the ElastiCache user, and its name: with IAM the two are the same. */
  readonly user: string;
  /** Name of the serverless cache, or id of the replication group. */
  readonly cache: string;
  readonly serverless: boolean;
}

export function encodeCacheLogin(login: CacheLogin): string {
  return JSON.stringify(login);
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeCacheLogin(json: string): CacheLogin {
  return decodeJson(cacheLogin, json, 'cacheLogin');
}

const cacheLogin = object({ user: string, cache: string, serverless: boolean });
