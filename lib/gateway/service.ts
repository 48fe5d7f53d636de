import { type CfnElement, CfnResource, Duration, NestedStack } from 'aws-cdk-lib';
import { HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { SERVICE_DEFAULTS as DEFAULTS, type RoutePolicy, type ServicePolicy } from '../../lambdas/contract/policy.ts';
import { about, InvalidPropError } from '../invalid-prop.ts';
import { Auth } from './auth/auth.ts';
import type { CircuitAlarm } from './circuit/circuit-alarm.ts';
import { CircuitBreaker } from './circuit/circuit-breaker.ts';
import { checkSlowCall } from './circuit/circuit-failures.ts';
import { retryPolicy } from './circuit/retries.ts';
import { createServiceAlarms } from './circuit/service-alarms.ts';
import type { ThrottleAlarm } from './circuit/throttle-alarm.ts';
import type { BilledAlarm } from './dashboard/idle-cost.ts';
import { keepHeaders } from './edge/keep-headers.ts';
import { ProxyIntegration } from './edge/proxy-integration.ts';
import { acknowledgePublicRoute } from './edge/public-route.ts';
import { ProxyFunction } from './functions/proxy-function.ts';
import { RateLimit } from './limits/rate-limit.ts';
import { ServiceLimits } from './limits/service-limits.ts';
import { checkProps } from './props/check-props.ts';
import { intervalMs } from './props/interval.ts';
import { LONGEST_TIMEOUT, OVERHEAD_ALLOWANCE } from './props/overhead-allowance.ts';
import { checkPrefix } from './props/prefix.ts';
import { checkUpstream } from './props/upstream-address.ts';
import { wholeNumber } from './props/whole-number.ts';
import { parseRouteKey, ROUTE_PROPS, type RouteKey, type RouteProps, routeKeyShape, routeKeyText } from './route.ts';
import type { ServiceContext } from './service-context.ts';
import { SERVICE_PROPS, type ServiceProps } from './service-props.ts';

const MEMORY_SIZE = {
  min: 128,
  max: 10_240,
  fix: '256 MB do for most, 1769 MB are a whole CPU',
};
const MAX_CONCURRENCY = {
  min: 1,
  max: 100_000,
  fix: 'leave it out for no bound of its own',
};
const TIMEOUT = {
  min: Duration.millis(50),
  max: LONGEST_TIMEOUT,
  reason: `API Gateway ends an integration at 30 s, and ${OVERHEAD_ALLOWANCE.toSeconds()} s of it is the gateway's own`,
};

/**
 * One upstream behind one path prefix, with its policies and a proxy function of its own.
 *
 * Each service is a nested stack: a stack holds 500 resources, which 42 services with CORS would fill.
 */
export class Service extends NestedStack {
  readonly name: string;
  readonly prefix: string;
  /** Undefined for a service without a circuit. */
  readonly circuitAlarm: CircuitAlarm | undefined;
  /** Undefined unless the service's circuit opens when Lambda throttles its proxy function. */
  readonly throttleAlarm: ThrottleAlarm | undefined;
  readonly #context: ServiceContext;
  readonly #limits: ServiceLimits;
  readonly #policy: Omit<ServicePolicy, 'routes'>;
  readonly #routes: Record<string, RoutePolicy> = {};
  readonly #proxy: ProxyFunction;
  readonly #integration: ProxyIntegration;

  /** Not for direct use: call `gateway.addService`. */
  constructor(scope: Construct, name: string, context: ServiceContext, props: ServiceProps) {
    super(scope, name, { description: `Tollgate ${context.gateway}: service ${name}` });
    checkProps(props, SERVICE_PROPS);
    checkPrefix(props.prefix);
    context.routes.claimPrefix(name, props.prefix);
    this.name = name;
    this.prefix = props.prefix;
    this.#context = context;
    const timeoutMs = intervalMs('timeout', props.timeout ?? Duration.millis(DEFAULTS.timeoutMs), TIMEOUT);
    const auth = (props.auth ?? Auth.jwt()).policy;
    const breaker = props.circuitBreaker ?? CircuitBreaker.of();
    checkSlowCall(breaker.policy, timeoutMs);
    this.#limits = new ServiceLimits(context.gatewayLimits, timeoutMs, {
      auth,
      rateLimit: props.rateLimit ?? RateLimit.perClient(100, Duration.minutes(1)),
      cost: props.cost,
    });
    this.#policy = {
      gateway: context.gateway,
      service: name,
      namespace: context.namespace,
      prefix: props.prefix,
      upstream: checkUpstream(props.upstream, context.foundation),
      timeoutMs,
      stripPrefix: props.stripPrefix ?? DEFAULTS.stripPrefix,
      forwardAuthorization: props.forwardAuthorization ?? DEFAULTS.forwardAuthorization,
      identityHeaders: context.identityHeaders,
      keepHeaders: keepHeaders(props.keepHeaders ?? DEFAULTS.keepHeaders, context.identityHeaders),
      badCredentials: context.badCredentials,
      circuit: breaker.policy,
      retry: retryPolicy(props),
      gatewayLimits: context.gatewayLimits,
      rateLimitHeaders: context.rateLimitHeaders,
      cacheTimeoutMs: context.cacheTimeoutMs,
      default: { auth, ...this.#limits.default },
    };

    this.#proxy = new ProxyFunction(this, 'Proxy', {
      foundation: context.foundation,
      policy: () => ({ ...this.#policy, routes: this.#routes }),
      memorySize: wholeNumber('memorySize', props.memorySize ?? 256, MEMORY_SIZE),
      logRetention: context.logRetention,
      ...(props.maxConcurrency !== undefined && {
        maxConcurrency: wholeNumber('maxConcurrency', props.maxConcurrency, MAX_CONCURRENCY),
      }),
    });
    this.#integration = new ProxyIntegration(this.#proxy.fn, {
      ...(this.#proxy.integrationTimeout && { timeout: this.#proxy.integrationTimeout }),
      // One permission for all routes: with one a route the 20 KB of the function's policy end at some fifty.
      scopePermissionToRoute: false,
    });
    context.authorizer.addService(props.prefix, auth);
    for (const key of this.defaultRoutes()) this.createRoute(key, this.#policy.default);
    const { circuit } = this.#policy;
    if (circuit) context.circuits.add(name, circuit);
    const { gateway, namespace, circuitFunction, notify } = context;
    const { circuitAlarm, throttleAlarm } = createServiceAlarms(this, {
      gateway,
      service: name,
      namespace,
      breaker,
      proxyFunction: this.proxyFunction,
      action: circuitFunction.action,
      notify,
    });
    this.circuitAlarm = circuitAlarm;
    this.throttleAlarm = throttleAlarm;
  }

  /** The function that forwards to the upstream. */
  get proxyFunction(): LambdaFunction {
    return this.#proxy.fn;
  }

  get logGroup(): LogGroup {
    return this.#proxy.logGroup;
  }

  /** All that open its circuit. */
  get alarms(): readonly BilledAlarm[] {
    return [this.circuitAlarm, this.throttleAlarm].filter((alarm) => alarm !== undefined);
  }

  /**
   * Gives some requests of the service policies of their own. They are forwarded as the others are.
   *
   * @param key method and path relative to the prefix: `POST /refunds`, `GET /{id}/items`, `ANY /admin/{proxy+}`
   */
  addRoute(key: string, props: RouteProps = {}): this {
    about(`service ${this.name}`, () => {
      const routeKey = parseRouteKey(key, this.prefix, this.#context.routes.prefixesBeside(this.prefix));
      about(`route ${key}`, () =>
        checkProps(props, ROUTE_PROPS, 'all else is the same for the whole service, so give it to addService'),
      );
      if (this.defaultRoutes().some((own) => routeKeyShape(own) === routeKeyShape(routeKey))) {
        throw new InvalidPropError(
          `a route must be another than the service's default routes ANY / and ANY /{proxy+}, got ${JSON.stringify(key)}: give its auth, rateLimit and cost to addService`,
        );
      }
      const auth = props.auth?.policy ?? this.#policy.default.auth;
      const limits = about(`route ${key}`, () => this.#limits.ofRoute({ ...props, auth }));
      const policy: RoutePolicy = { auth, ...limits };
      this.createRoute(routeKey, policy);
      this.#context.authorizer.addRoute(routeKeyText(routeKey), auth, this.#policy.default.auth);
      this.#routes[routeKeyText(routeKey)] = policy;
    });
    return this;
  }

  /** CloudFormation makes names of logical ids. Without this, a function's name would not say which service it is of. */
  protected override allocateLogicalId(element: CfnElement): string {
    const id = super.allocateLogicalId(element);
    return CfnResource.isCfnResource(element) ? this.node.id.replaceAll('-', '') + id : id;
  }

  /** Where requests go that no route of `addRoute` matches. */
  private defaultRoutes(): readonly RouteKey[] {
    return [this.prefix, `${this.prefix}/{proxy+}`].map((path) => ({ method: HttpMethod.ANY, path }));
  }

  private createRoute(key: RouteKey, policy: RoutePolicy): void {
    this.#context.routes.claim(key);
    const authorizer = this.#context.authorizer.httpFor(policy.auth);
    const route = new HttpRoute(this, routeKeyText(key), {
      httpApi: this.#context.httpApi,
      routeKey: HttpRouteKey.with(key.path, key.method),
      integration: this.#integration,
      ...(authorizer && { authorizer }),
    });
    if (authorizer === undefined) {
      acknowledgePublicRoute(route, 'Public by Auth.none(), written out for this route in the stack.');
    }
    if (key.method === HttpMethod.ANY) this.createPreflightRoute(key.path);
  }

  /**
   * API Gateway answers preflight requests by itself where no route matches them. `ANY` does match, and its authorizer
   * would refuse them, since browsers send them without credentials.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
   */
  private createPreflightRoute(path: string): void {
    if (!this.#context.preflight) return;
    const key = { method: HttpMethod.OPTIONS, path };
    this.#context.routes.claim(key);
    const route = new HttpRoute(this, routeKeyText(key), {
      httpApi: this.#context.httpApi,
      routeKey: HttpRouteKey.with(path, HttpMethod.OPTIONS),
      integration: this.#context.preflight,
    });
    acknowledgePublicRoute(route, 'Browsers send preflight requests without credentials; no upstream sees them.');
  }
}
