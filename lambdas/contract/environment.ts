/**
 * The names of the environment variables that lib sets and the functions read. A function's kind is told by the
 * document it carries: `service` makes it a proxy function, `authorizer` the authorizer, `operator` the operator function,
 * `operatorFunction` the widget function, and `circuits` alone the circuit function.
 */
export const Env = {
  /** JSON of a `ServicePolicy`: proxy functions. */
  service: 'TOLLGATE_SERVICE',
  /** JSON of an `AuthorizerConfig`: the authorizer function. */
  authorizer: 'TOLLGATE_AUTHORIZER',
  /** JSON of a `CircuitsConfig`: the circuit, operator and widget functions. */
  circuits: 'TOLLGATE_CIRCUITS',
  /** JSON of an `OperatorConfig`: the operator function. */
  operator: 'TOLLGATE_OPERATOR',
  /** ARN of the operator function, which the widget's buttons call: the widget function. */
  operatorFunction: 'TOLLGATE_OPERATOR_FUNCTION',
  /** Name of the DynamoDB table: all functions but the health function. */
  table: 'TOLLGATE_TABLE',
  /** `rediss://host:port`; absent or empty: limits are counted in each function's own memory. */
  redisUrl: 'TOLLGATE_REDIS_URL',
  /** `true` when the cache speaks the cluster protocol (ElastiCache Serverless always does). */
  redisCluster: 'TOLLGATE_REDIS_CLUSTER',
  /** JSON of a `CacheLogin`; absent: the cache lets in whoever reaches it. */
  redisLogin: 'TOLLGATE_REDIS_LOGIN',
} as const;

/** Lambda's limit on a function's environment, keys and values together, in bytes (AWS: Lambda quotas). */
export const ENVIRONMENT_LIMIT_BYTES = 4096;
