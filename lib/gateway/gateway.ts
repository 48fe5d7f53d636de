import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Rejections } from '../../lambdas/contract/authorizer-config.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../lambdas/contract/policy.ts';
import type { Foundation } from '../foundation/foundation.ts';
import { about, InvalidPropError } from '../invalid-prop.ts';
import { ALARM_TOPIC, publishTo } from './alarm-topic.ts';
import { Authorizer } from './authorizer.ts';
import { badCredentialsLimit } from './bad-credentials.ts';
import {
  BOOLEAN,
  checkKind,
  checkProps,
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
} from './check-props.ts';
import { CircuitFunction } from './circuit-function.ts';
import { Circuits } from './circuits.ts';
import { corsOptions } from './cors.ts';
import { GatewayDashboard } from './dashboard.ts';
import { type DomainProps, GatewayDomain } from './domain.ts';
import { checkGatewayName, gatewayNameOf } from './gateway-name.ts';
import { grantInvoke } from './grant-invoke.ts';
import { Health } from './health.ts';
import { IDENTITY_HEADERS, type IdentityHeaderProps, identityHeaders } from './identity-headers.ts';
import { intervalMs, wholeSeconds } from './interval.ts';
import { issuerConfigs, JWT, type JwtIssuer } from './jwt-issuer.ts';
import { type NamedLimit, namedLimits } from './limit-policies.ts';
import { checkLimitsMet } from './limits-met.ts';
import { OperatorFunction } from './operator-function.ts';
import { HEALTH_PATH } from './prefix.ts';
import { draftsOf, RATE_LIMIT, RateLimit, type RateLimits } from './rate-limit.ts';
import { RouteTable } from './route-table.ts';
import { Service, type ServiceContext, type ServiceProps } from './service.ts';
import { Stage } from './stage.ts';
import { WidgetFunction } from './widget-function.ts';

export interface GatewayProps {
  /** Network, cache and table that the gateway stands on. */
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
   * How long API Gateway keeps what the authorizer found out about a credential on a route, whole seconds up to 60: a
   * credential that has ended meanwhile is let in for so long (one that was revoked is not, the proxy function knows of
   * it). With `Duration.seconds(0)` the authorizer is asked for each request, which costs an invocation each, and a
   * request without a credential is answered by the gateway, 401 with `WWW-Authenticate`, where otherwise API Gateway
   * answers it 401 by itself, without. Routes with `Auth.optional()`, or whose credential may come in either of two headers, are
   * never cached.
   *
   * @default Duration.seconds(60)
   */
  readonly verdictCache?: Duration;
  /**
   * How often one source address may present credentials that are refused; further ones are answered 429 in place of 401,
   * while good credentials from there still pass. One `RateLimit.perIp`, or `RateLimit.none()`. Where `rejections` are
   * `bare` API Gateway refuses by itself, and nothing is counted.
   *
   * @default RateLimit.perIp(30, Duration.minutes(1))
   */
  readonly badCredentials?: RateLimit;
  /**
   * What upstreams are told of who calls, in place of the default headers: by the header's name, at most 20 that begin
   * with `x-`, `client`, `sub`, `email`, `roles`, `scopes`, `plan`, `tenant`, `issuer`, `kind` (`jwt` or `apiKey`), or a
   * claim: `{ 'x-user-id': 'sub', 'x-department': { claim: 'department' } }`. What a client sends by these names is
   * removed, as are the default ones in any case.
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
   * Requests a second that the edge lets in, of all clients together; more are answered 429.
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
   * the one that says that the circuit function failed. A topic of another app with a policy or a key of its own must let
   * `cloudwatch.amazonaws.com` publish to it.
   *
   * @default - nobody is told
   */
  readonly alarmTopic?: ITopic;
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

const PROPS = {
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
  rateLimit: optional(RATE_LIMIT),
  rateLimitHeaders: optional(BOOLEAN),
  cacheTimeout: optional(DURATION),
  domain: optional(DOMAIN),
  logRetention: optional(LOG_RETENTION),
  alarmTopic: optional(ALARM_TOPIC),
  dashboard: optional(BOOLEAN),
} satisfies PropKinds<GatewayProps>;

const DEFAULT_CACHE_TIMEOUT = Duration.millis(DEFAULT_CACHE_TIMEOUT_MS);
const CACHE_TIMEOUT = {
  min: Duration.millis(5),
  max: Duration.seconds(1),
  reason: 'a healthy cache answers in about 1 ms, and each request that finds it ill waits so long',
};
const VERDICT_CACHE = {
  min: Duration.seconds(0),
  max: Duration.seconds(60),
  reason: 'for that long a credential is let in that has ended',
};
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9._/#-]{1,255}$/;
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** An HTTP API in front of services: who calls is verified, how often is limited, and a failing upstream is left alone. */
export class Gateway extends Construct {
  readonly name: string;
  readonly namespace: string;
  readonly httpApi: HttpApi;
  /** Where clients find the gateway. */
  readonly url: string;
  readonly #operator: OperatorFunction;
  /** Undefined without a dashboard. */
  readonly #widget: WidgetFunction | undefined;
  readonly #services = new Map<string, Service>();
  readonly #context: ServiceContext;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const subject = `gateway ${this.node.path}`;
    about(subject, () => checkProps(props, PROPS));
    const { foundation, logRetention = RetentionDays.ONE_MONTH, corsOrigins = [] } = props;
    this.name = props.name ?? gatewayNameOf(this);
    this.namespace = props.namespace ?? 'Tollgate';
    const checked = about(subject, () => {
      this.checkNames();
      return {
        issuers: issuerConfigs(props.jwt),
        cors: corsOrigins.length > 0 ? corsOptions(corsOrigins) : undefined,
        throttle: throttle(props),
        cacheTimeoutMs: intervalMs('cacheTimeout', props.cacheTimeout ?? DEFAULT_CACHE_TIMEOUT, CACHE_TIMEOUT),
        limits: gatewayLimits(props.rateLimit),
        verdictCache: verdictCache(props.verdictCache),
        badCredentials: badCredentialsLimit(props.badCredentials),
        identityHeaders: identityHeaders(props.identityHeaders),
        domain: props.domain && new GatewayDomain(this, 'Domain', props.domain),
      };
    });
    const { issuers, cors, domain } = checked;

    this.httpApi = new HttpApi(this, 'Api', {
      apiName: this.name,
      description: `Tollgate gateway ${this.name}`,
      // The default stage of the construct takes no access log.
      createDefaultStage: false,
      // Otherwise whoever knows it goes around the domain and its client certificates.
      disableExecuteApiEndpoint: domain !== undefined,
      ...(cors && { corsPreflight: cors }),
    });
    const stage = new Stage(this, 'Stage', {
      httpApi: this.httpApi,
      logRetention,
      throttle: checked.throttle,
      ...(domain && { domain }),
    });
    this.url = domain ? `https://${props.domain?.name}/` : stage.stage.url;
    new CfnOutput(this, 'Url', { value: this.url, description: 'Where clients find the gateway' });

    const config = { gateway: this.name, rejections: props.rejections ?? 'explained', issuers };
    const authorizer = about(
      subject,
      () =>
        new Authorizer(this, 'Authorizer', {
          config,
          identityHeaders: checked.identityHeaders,
          verdictCache: checked.verdictCache,
          table: foundation.table,
          logRetention,
        }),
    );
    const health = new Health(this, 'Health', { httpApi: this.httpApi, logRetention });
    const circuits = new Circuits(this, { gateway: this.name, namespace: this.namespace });
    const notify = props.alarmTopic && publishTo(props.alarmTopic, this);
    const circuitFunction = new CircuitFunction(this, 'Circuit', {
      gateway: this.name,
      circuits,
      table: foundation.table,
      logRetention,
      notify,
    });
    this.#operator = new OperatorFunction(this, 'Operator', {
      gateway: this.name,
      circuits,
      foundation,
      logRetention,
    });
    new CfnOutput(this, 'OperatorFunctionName', {
      value: this.#operator.fn.functionName,
      description: 'The function that revokes credentials, sets limits and moves circuits',
    });
    const routes = new RouteTable();
    routes.claim({ method: HttpMethod.GET, path: HEALTH_PATH });
    this.#context = {
      gateway: this.name,
      namespace: this.namespace,
      foundation,
      httpApi: this.httpApi,
      authorizer,
      circuits,
      circuitFunction,
      notify,
      routes,
      identityHeaders: checked.identityHeaders,
      badCredentials: checked.badCredentials,
      gatewayLimits: checked.limits,
      rateLimitHeaders: props.rateLimitHeaders ?? true,
      cacheTimeoutMs: checked.cacheTimeoutMs,
      preflight: cors && health.integration,
      logRetention,
    };

    if (props.dashboard ?? true) {
      const widget = new WidgetFunction(this, 'Widget', {
        gateway: this.name,
        circuits,
        table: foundation.table,
        operatorFunction: this.#operator.fn,
        logRetention,
      });
      this.#widget = widget;
      const parts = [authorizer, circuitFunction, this.#operator, health];
      const dashboard = new GatewayDashboard(this, 'Dashboard', {
        httpApi: this.httpApi,
        namespace: this.namespace,
        services: () => this.services,
        alarms: () => [circuitFunction.deadLetters, ...this.services.flatMap(({ alarms }) => alarms)],
        widgetFunction: widget.fn,
        functions: parts.map(({ fn }) => fn),
        cache: foundation.cache,
        natGateways: foundation.egress === 'nat' ? 1 : 0,
        logGroups: () => [stage.accessLog, ...[...parts, widget, ...this.services].map(({ logGroup }) => logGroup)],
      });
      new CfnOutput(this, 'DashboardName', {
        value: dashboard.dashboardName,
        description: 'The dashboard of the gateway in CloudWatch',
      });
    }
  }

  /**
   * What the circuits' alarms invoke. It takes EventBridge's `CloudWatch Alarm State Change` alike: a rule for that may have
   * it as a target, should the alarms' own actions not do.
   */
  get circuitFunction(): IFunction {
    return this.#context.circuitFunction.fn;
  }

  /** In the order in which they were added. */
  get services(): readonly Service[] {
    return [...this.#services.values()];
  }

  /**
   * Puts a service behind the gateway: `ANY {prefix}` and all that lies below it, with a proxy function of its own.
   *
   * @param name lower-case letters, digits and hyphens; stands in metrics, logs and the alarm's name
   */
  addService(name: string, props: ServiceProps): Service {
    checkKind("a service's name", name, text('user-service'));
    if (!SERVICE_NAME.test(name)) {
      throw new InvalidPropError(
        `a service's name must be at most 31 lower-case letters, digits and hyphens and start with a letter, got ${JSON.stringify(name)}: write one like 'user-service'`,
      );
    }
    if (this.#services.has(name)) {
      throw new InvalidPropError(
        `each service must have a name of its own, got ${JSON.stringify(name)} twice: rename one, or give the first one addRoute()`,
      );
    }
    const service = about(`service ${name}`, () => new Service(this, name, this.#context, props));
    this.#services.set(name, service);
    return service;
  }

  /** Lets somebody revoke credentials, set limits and move circuits, by invoking the gateway's operator function. */
  grantOperate(grantee: IGrantable): Grant {
    return grantInvoke(this.#operator.fn, grantee);
  }

  /**
   * Lets somebody see the circuits on the gateway's dashboard. Moving them by its buttons takes `grantOperate` besides, and
   * the dashboard itself what CloudWatch asks for: `cloudwatch:GetDashboard`.
   */
  grantViewCircuits(grantee: IGrantable): Grant {
    if (this.#widget === undefined) {
      throw new InvalidPropError(
        `gateway ${this.node.path}: dashboard must be true for grantViewCircuits, got false: circuits are shown there and nowhere else; leave it out or call grantOperate`,
      );
    }
    return grantInvoke(this.#widget.fn, grantee);
  }

  private checkNames(): void {
    checkGatewayName(this.name);
    if (!NAMESPACE.test(this.namespace)) {
      throw new InvalidPropError(
        `namespace must be at most 255 letters, digits and . _ / # - and not start with AWS/, got ${JSON.stringify(this.namespace)}: write one like 'Tollgate/test'`,
      );
    }
    const { account, region } = Stack.of(this);
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof Gateway) || other === this) continue;
      if (Stack.of(other).account !== account || Stack.of(other).region !== region) continue;
      if (other.name === this.name) {
        throw new InvalidPropError(
          `two gateways of one account and region must have names of their own, got ${JSON.stringify(this.name)} here and at ${other.node.path}: their alarms and functions would have the same names; give one of them another`,
        );
      }
      if (other.namespace !== this.namespace) continue;
      throw new InvalidPropError(
        `two gateways of one account and region must have namespaces of their own, got ${JSON.stringify(this.namespace)} here and at ${other.node.path}: failures of one would open circuits of the other; give one of them a namespace`,
      );
    }
  }
}

function gatewayLimits(rateLimit: RateLimits = RateLimit.none()): readonly NamedLimit[] {
  const limits = namedLimits(draftsOf(rateLimit), 'gateway');
  checkLimitsMet({ gateway: limits }, 1);
  return limits;
}

function verdictCache(cache = VERDICT_CACHE.max): Duration {
  return Duration.seconds(wholeSeconds('verdictCache', cache, VERDICT_CACHE));
}

function throttle({ throttleRate = 1000, throttleBurst = 2000 }: GatewayProps) {
  if (!Number.isFinite(throttleRate) || throttleRate < 1) {
    throw new InvalidPropError(
      `throttleRate must be a finite number of at least 1 request a second, got ${throttleRate}: give the account's quota, 10000 unless it was raised, to let in as many as it does`,
    );
  }
  if (!Number.isSafeInteger(throttleBurst) || throttleBurst < 1) {
    throw new InvalidPropError(
      `throttleBurst must be a whole number of at least 1, got ${throttleBurst}: twice the rate does for most`,
    );
  }
  return { rateLimit: throttleRate, burstLimit: throttleBurst };
}
