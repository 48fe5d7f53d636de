import { boolean, type Decoded, decodeJson, object, string } from './decode.ts';

const cacheLogin = object({
  /** Id of the ElastiCache user, and its name: with IAM the two are the same. */
  user: string,
  /** Name of the serverless cache, or id of the replication group. */
  cache: string,
  serverless: boolean,
});
/** How a function logs in to the cache by IAM: what it signs its tokens for. */
export type CacheLogin = Decoded<typeof cacheLogin>;

export function encodeCacheLogin(login: CacheLogin): string {
  return JSON.stringify(login);
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeCacheLogin(json: string): CacheLogin {
  return decodeJson(cacheLogin, json, 'cacheLogin');
}
