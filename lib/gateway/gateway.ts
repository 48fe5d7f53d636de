import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { about, InvalidPropError } from '../invalid-prop.ts';
import { Authorizer } from './auth/authorizer.ts';
import { CircuitFunction } from './circuit/alarm-function.ts';
import { CacheAlarm } from './dashboard/cache-alarm.ts';
import { GatewayDashboard } from './dashboard/dashboard.ts';
import { WidgetFunction } from './dashboard/widget-function.ts';
import { Stage } from './edge/api-stage.ts';
import { GatewayDomain } from './edge/domain.ts';
import { Health } from './edge/health.ts';
import { Circuits } from './functions/circuits.ts';
import { encryptLogs } from './functions/encrypted-logs.ts';
import { grantInvoke } from './functions/grant-invoke.ts';
import { OperatorFunction } from './functions/operator-function.ts';
import { GATEWAY_PROPS, type GatewayProps } from './gateway-props.ts';
import { gatewaySettings } from './gateway-settings.ts';
import { alarmNotification } from './props/alarm-topic.ts';
import { checkKind, checkProps, text } from './props/check-props.ts';
import { checkGatewayNames, gatewayNameOf } from './props/gateway-name.ts';
import { HEALTH_PATH } from './props/prefix.ts';
import { checkStackRoom } from './props/stack-room.ts';
import { RouteTable } from './route-table.ts';
import { Service } from './service.ts';
import type { ServiceContext } from './service-context.ts';
import type { ServiceProps } from './service-props.ts';

const SERVICE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * Services that CloudFormation makes or changes at a time. API Gateway takes 10 calls a second of an account that manage
 * APIs (40 in a burst), and may answer 409 to calls that change one API at the same time.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const SERVICES_AT_A_TIME = 10;

/** An HTTP API in front of services: who calls is verified, how often is limited, and a failing upstream is left alone. */
export class Gateway extends Construct {
  readonly name: string;
  readonly namespace: string;
  readonly httpApi: HttpApi;
  /** Where clients find the gateway. */
  readonly url: string;
  readonly #operator: OperatorFunction;
  /** One where there is an `alarmTopic` and the cache scales; else none. */
  readonly #cacheAlarm: readonly CacheAlarm[];
  /** Undefined without a dashboard. */
  readonly #widget: WidgetFunction | undefined;
  readonly #services = new Map<string, Service>();
  readonly #context: ServiceContext;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const subject = `gateway ${this.node.path}`;
    about(subject, () => checkProps(props, GATEWAY_PROPS));
    const { foundation, logRetention = RetentionDays.ONE_MONTH } = props;
    this.name = props.name ?? gatewayNameOf(this);
    this.namespace = props.namespace ?? 'Tollgate';
    const { settings, domain } = about(subject, () => {
      checkGatewayNames(this, this.otherGateways());
      return {
        settings: gatewaySettings(props),
        domain: props.domain && new GatewayDomain(this, 'Domain', props.domain),
      };
    });
    const { cors } = settings;

    this.httpApi = new HttpApi(this, 'Api', {
      apiName: this.name,
      description: `Tollgate gateway ${this.name}`,
      // The default stage of the construct takes no access log.
      createDefaultStage: false,
      // Clients that know it would bypass the domain and its client certificates.
      disableExecuteApiEndpoint: domain !== undefined,
      ...(cors && { corsPreflight: cors }),
    });
    const stage = new Stage(this, 'Stage', {
      gateway: this.name,
      routeMetrics: props.routeMetrics ?? false,
      httpApi: this.httpApi,
      logRetention,
      throttle: settings.throttle,
      ...(domain && { domain }),
    });
    this.url = domain ? `https://${props.domain?.name}/` : stage.stage.url;
    new CfnOutput(this, 'Url', { value: this.url, description: 'Where clients find the gateway' });

    const authorizer = about(
      subject,
      () =>
        new Authorizer(this, 'Authorizer', {
          config: { gateway: this.name, rejections: settings.rejections, issuers: settings.issuers },
          identityHeaders: settings.identityHeaders,
          verdictCache: settings.verdictCache,
          table: foundation.table,
          logRetention,
        }),
    );
    const health = new Health(this, 'Health', { httpApi: this.httpApi, logRetention });
    const circuits = new Circuits({ gateway: this.name, namespace: this.namespace });
    if (props.encryptionKey) encryptLogs(this, props.encryptionKey);
    const notify = alarmNotification(this, props.alarmTopic);
    const circuitFunction = new CircuitFunction(this, 'Circuit', {
      gateway: this.name,
      circuits,
      table: foundation.table,
      logRetention,
      notify,
      encryptionKey: props.encryptionKey,
    });
    const { cache } = foundation;
    this.#cacheAlarm =
      notify && cache.kind === 'serverless'
        ? [new CacheAlarm(this, 'CacheAlarm', { gateway: this.name, cache, notify })]
        : [];
    this.#operator = new OperatorFunction(this, 'Operator', {
      gateway: this.name,
      circuits,
      foundation,
      logRetention,
      maxConcurrency: settings.operatorConcurrency,
    });
    new CfnOutput(this, 'OperatorFunctionName', {
      value: this.#operator.fn.functionName,
      description: 'The function that revokes credentials, sets limits and moves circuits',
    });
    const routes = new RouteTable(settings.routeQuota);
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
      identityHeaders: settings.identityHeaders,
      badCredentials: settings.badCredentials,
      gatewayLimits: settings.limits,
      rateLimitHeaders: settings.rateLimitHeaders,
      cacheTimeoutMs: settings.cacheTimeoutMs,
      preflight: cors && health.integration,
      logRetention,
    };
    this.node.addValidation({
      validate: () => {
        about(subject, () => checkStackRoom(Stack.of(this), this.services));
        return [];
      },
    });
    this.#widget = (props.dashboard ?? true) ? this.createDashboard(stage, health) : undefined;
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
   * @param name lower-case letters, digits and hyphens; part of metrics, logs and the alarm's name
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
    const before = this.services.at(-SERVICES_AT_A_TIME);
    if (before) service.addStackDependency(before);
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

  private createDashboard(stage: Stage, health: Health): WidgetFunction {
    const { circuits, foundation, authorizer, circuitFunction, logRetention } = this.#context;
    const widget = new WidgetFunction(this, 'Widget', {
      gateway: this.name,
      circuits,
      table: foundation.table,
      operatorFunction: this.#operator.fn,
      logRetention,
    });
    const parts = [authorizer, circuitFunction, this.#operator, health];
    const dashboard = new GatewayDashboard(this, 'Dashboard', {
      httpApi: this.httpApi,
      namespace: this.namespace,
      services: () => this.services,
      alarms: () => [
        circuitFunction.deadLetters,
        ...this.#cacheAlarm,
        ...this.services.flatMap(({ alarms }) => alarms),
      ],
      widgetFunction: widget.fn,
      functions: parts.map(({ fn }) => fn),
      cache: foundation.cache,
      natGateways: foundation.egress === 'nat' ? 1 : 0,
      logGroups: [stage.accessLog, ...[...parts, widget].map(({ logGroup }) => logGroup)],
    });
    new CfnOutput(this, 'DashboardName', {
      value: dashboard.dashboardName,
      description: 'The dashboard of the gateway in CloudWatch',
    });
    return widget;
  }

  private otherGateways(): readonly Gateway[] {
    const all = this.node.root.node.findAll();
    return all.filter((other): other is Gateway => other instanceof Gateway && other !== this);
  }
}
