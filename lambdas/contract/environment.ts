/**
 * The names of the environment variables that lib sets and the functions read: what only the deployment knows. All else
 * is in documents, see documents.ts.
 */
export const Env = {
  /** ARN of the operator function, which the widget's buttons call: the widget function. */
  operatorFunction: 'TOLLGATE_OPERATOR_FUNCTION',
  /** Name of the DynamoDB table: all functions but the health function. */
  table: 'TOLLGATE_TABLE',
  /** `rediss://host:port`; absent or empty: limits are counted in each function's own memory. */
  redisUrl: 'TOLLGATE_REDIS_URL',
  /** `true` when the cache speaks the cluster protocol (ElastiCache Serverless always does). */
  redisCluster: 'TOLLGATE_REDIS_CLUSTER',
  /** JSON of a `CacheLogin`; absent: the cache asks for no login. */
  redisLogin: 'TOLLGATE_REDIS_LOGIN',
} as const;

/** Lambda's limit on a function's environment, in bytes of the JSON of all variables (AWS: Lambda quotas). */
export const ENVIRONMENT_LIMIT_BYTES = 4096;
