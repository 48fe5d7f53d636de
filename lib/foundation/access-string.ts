/** What a client says for itself: ioredis when it connects, follows a cluster and runs scripts. */
const CONNECTION_COMMANDS = [
  'asking',
  'client|setname',
  'cluster|slots',
  'eval',
  'evalsha',
  'readonly',
  'readwrite',
] as const;

/** What the scripts call, and the functions without one. A test holds the list to their code. */
export const DATA_COMMANDS = [
  'get',
  'hdel',
  'hexists',
  'hget',
  'hgetall',
  'hincrby',
  'hlen',
  'hmget',
  'hset',
  'hsetnx',
  'pexpire',
  'pttl',
  'set',
  'time',
  'zadd',
  'zcount',
  'zrem',
  'zremrangebyscore',
] as const;

/**
 * What the functions may do in the cache, in the words of an ACL: nothing that reads or empties the whole of it, lists its
 * keys, or changes the server. All keys are theirs.
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html#Access-string
 */
export const ACCESS_STRING = [
  'on',
  '~*',
  '-@all',
  ...[...CONNECTION_COMMANDS, ...DATA_COMMANDS].map((command) => `+${command}`),
].join(' ');
