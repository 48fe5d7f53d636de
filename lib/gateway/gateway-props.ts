import type { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Rejections } from '../../lambdas/contract/auth/authorizer-config.ts';
import type { Foundation } from '../foundation/foundation.ts';
import { IDENTITY_HEADERS, type IdentityHeaderProps } from './auth/identity-headers.ts';
import { JWT, type JwtIssuer } from './auth/jwt-issuer.ts';
import type { DomainProps } from './edge/domain.ts';
import { ENCRYPTION_KEY } from './functions/encrypted-logs.ts';
import { RATE_LIMIT, type RateLimit, type RateLimits } from './limits/rate-limit.ts';
import { ALARM_TOPIC } from './props/alarm-topic.ts';
import {
  BOOLEAN,
  DURATION,
  isObject,
  type Kind,
  NUMBER,
  oneOf,
  optional,
  type PropKinds,
  required,
  text,
  texts,
} from './props/check-props.ts';

export interface GatewayProps {
  /** Network, cache and table of the gateway. */
  readonly foundation: Foundation;
  /** Whose tokens are accepted. */
  readonly jwt: JwtIssuer | readonly JwtIssuer[];
  /**
   * Name of the gateway, part of the names of its alarms, of its operator function and of its keys in the stores: at
   * most 55 letters, digits and hyphens.
   *
   * @default - derived from the construct's path
   */
  readonly name?: string;
  /**
   * CloudWatch namespace of the gateway's metrics. Two gateways in one account and region need two: the alarms of one
   * would open circuits for failures of the other.
   *
   * @default 'Tollgate'
   */
  readonly namespace?: string;
  /**
   * How a bad credential is answered: `explained` is 401 with `WWW-Authenticate` and a problem document from the proxy
   * function; `bare` is API Gateway's own 403, and nothing behind the edge is reached.
   *
   * @default 'explained'
   */
  readonly rejections?: Rejections;
  /**
   * How long API Gateway caches a verdict on a credential and route, whole seconds up to 60. A credential that expires
   * meanwhile is accepted for that time. A revoked one is not: the proxy function knows of it. `Duration.seconds(0)` turns
   * the cache off: each request then costs an invocation of the authorizer, and the gateway answers one without a
   * credential 401 with `WWW-Authenticate`. With the cache API Gateway itself answers it 401, without that header. Routes
   * with `Auth.optional()`, or with a credential in either of two headers, are never cached.
   *
   * @default Duration.seconds(60)
   */
  readonly verdictCache?: Duration;
  /**
   * How often one source address may present credentials that are refused; further ones are answered 429 in place of 401,
   * while good credentials from there still pass. Tokens that were good and have expired do not count. One
   * `RateLimit.perIp`, or `RateLimit.none()`. Where `rejections` are `bare` API Gateway refuses by itself, and nothing is
   * counted.
   *
   * @default RateLimit.perIp(30, Duration.minutes(1))
   */
  readonly badCredentials?: RateLimit;
  /**
   * Headers that name the caller to upstreams, instead of the default ones: at most 20 that begin with `x-`, each with
   * `client`, `sub`, `email`, `roles`, `scopes`, `plan`, `tenant`, `issuer`, `kind` (`jwt` or `apiKey`), or a claim:
   * `{ 'x-user-id': 'sub', 'x-department': { claim: 'department' } }`. The gateway removes such headers of clients, and
   * the default ones in any case.
   *
   * @default - x-client-id, x-user-id, x-user-email, x-user-roles and x-user-scopes
   */
  readonly identityHeaders?: IdentityHeaderProps;
  /**
   * Origins whose pages may call the gateway: `['https://app.example.com']`.
   *
   * @default - none, the gateway speaks no CORS
   */
  readonly corsOrigins?: readonly string[];
  /**
   * Requests a second that the edge accepts from all clients together. Further ones get 429.
   *
   * @default 1000
   */
  readonly throttleRate?: number;
  /**
   * Requests that may come at once above the rate.
   *
   * @default 2000
   */
  readonly throttleBurst?: number;
  /**
   * Routes that AWS lets the API have, 300 to 2,500: more than 300 where AWS raised the API's quota "Routes per API" on
   * request. A service takes two routes, four with CORS, and one for each `addRoute`, two for an `ANY` route with CORS.
   * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
   *
   * @default 300
   */
  readonly routeQuota?: number;
  /**
   * Limits that count the requests of all services together, such as `RateLimit.total(5000, Duration.minutes(1))`; a
   * service's own hold as well.
   *
   * @default RateLimit.none()
   */
  readonly rateLimit?: RateLimits;
  /**
   * Whether answers tell clients of their limits: `RateLimit-Policy`, `RateLimit` and `X-RateLimit-*`. `Retry-After` of
   * a 429 comes either way.
   *
   * @default true
   */
  readonly rateLimitHeaders?: boolean;
  /**
   * How long a decision of a limit may wait for the cache, 5 ms to 1 s. Past it the cache is left alone for a while, and
   * each limit does as its `onStoreFailure` says.
   *
   * @default Duration.millis(50)
   */
  readonly cacheTimeout?: Duration;
  /**
   * A name of one's own, with TLS 1.2 and, if wanted, client certificates. API Gateway's own endpoint is disabled then.
   *
   * @default - the execute-api endpoint only
   */
  readonly domain?: DomainProps;
  /**
   * How long logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * An SNS topic that is told when an alarm of the gateway goes off and when that is over: one that opens a circuit, and
   * the one that says that the circuit function failed. With a topic, and a serverless cache, there is one more, $0.10 a
   * month, that says that the cache throttled commands. A topic of another app with a policy or a key of its own must let
   * `cloudwatch.amazonaws.com` publish to it.
   *
   * @default - no notifications, and synthesis says so
   */
  readonly alarmTopic?: ITopic;
  /**
   * Instances of the operator function that are reserved for it, so that proxy functions which use up the account's
   * concurrency cannot keep operators from opening a circuit: 1 to 1,000. Lambda leaves at least 100 of the account's
   * concurrency unreserved, so an account with the 10 of a new one cannot reserve any.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
   *
   * @default - none are reserved
   */
  readonly operatorConcurrency?: number;
  /**
   * A key of yours in KMS that encrypts the log groups and the queue of dead letters. Of a key that another app defines the
   * policy must let `logs.REGION.amazonaws.com` use it. Table and cache have the foundation's.
   *
   * @default - keys that AWS owns, free of charge
   */
  readonly encryptionKey?: IKey;
  /**
   * Whether API Gateway writes its metrics by route as well as for the whole API. They are custom metrics, six a route at
   * $0.30 a month each. The dashboard does without.
   *
   * @default false
   */
  readonly routeMetrics?: boolean;
  /**
   * Whether to make a CloudWatch dashboard, $3 a month.
   *
   * @default true
   */
  readonly dashboard?: boolean;
}

const FOUNDATION: Kind = {
  is: (value) => isObject(value) && 'table' in value && 'cache' in value,
  rule: 'a FoundationStack or of its shape',
  fix: "write new FoundationStack(app, 'Foundation')",
};
const DOMAIN: Kind = { is: isObject, rule: 'an object', fix: 'write { name, certificate }' };
const LOG_RETENTION: Kind = {
  is: (value) => typeof value === 'number' && value in RetentionDays,
  rule: 'one of RetentionDays',
  fix: 'write one like RetentionDays.ONE_MONTH',
};

export const GATEWAY_PROPS = {
  foundation: required(FOUNDATION),
  jwt: required(JWT),
  name: optional(text('my-gateway')),
  namespace: optional(text('Tollgate/test')),
  rejections: optional(oneOf('explained', 'bare')),
  verdictCache: optional(DURATION),
  badCredentials: optional(RATE_LIMIT),
  identityHeaders: optional(IDENTITY_HEADERS),
  corsOrigins: optional(texts('https://app.example.com')),
  throttleRate: optional(NUMBER),
  throttleBurst: optional(NUMBER),
  routeQuota: optional(NUMBER),
  rateLimit: optional(RATE_LIMIT),
  rateLimitHeaders: optional(BOOLEAN),
  cacheTimeout: optional(DURATION),
  domain: optional(DOMAIN),
  logRetention: optional(LOG_RETENTION),
  alarmTopic: optional(ALARM_TOPIC),
  operatorConcurrency: optional(NUMBER),
  encryptionKey: optional(ENCRYPTION_KEY),
  routeMetrics: optional(BOOLEAN),
  dashboard: optional(BOOLEAN),
} satisfies PropKinds<GatewayProps>;
