import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import type { Foundation } from '../../../lib/foundation/foundation.ts';
import type { FoundationStackProps } from '../../../lib/foundation/foundation-props.ts';
import { FoundationStack } from '../../../lib/foundation-stack.ts';
import { Gateway } from '../../../lib/gateway/gateway.ts';
import type { GatewayProps } from '../../../lib/gateway/gateway-props.ts';
import type { ServiceProps } from '../../../lib/gateway/service-props.ts';
import { InvalidPropError } from '../../../lib/invalid-prop.ts';
import { wholeTemplate } from './whole-template.ts';

// Seconds of CPU for each synthesis. `cdk synth` runs these rules, and cfn-lint much the same ones.
process.env['CDK_VALIDATION'] = 'false';

const CDK_JSON = JSON.parse(readFileSync(join(import.meta.dirname, '../../../cdk.json'), 'utf8'));

/** The flags that the app has, and no bundling: what is in the functions is tested elsewhere. */
export const CONTEXT: Readonly<Record<string, unknown>> = { ...CDK_JSON.context, 'aws:cdk:bundling-stacks': [] };

export function testApp(): App {
  return new App({ context: { ...CONTEXT }, autoSynth: false });
}

export function testFoundation(props: FoundationStackProps = {}): FoundationStack {
  return new FoundationStack(testApp(), 'Foundation', props);
}

export const JWT = { issuer: 'https://auth.example.com', audience: 'api' } as const;

export interface TestGateway {
  readonly gateway: Gateway;
  readonly stack: Stack;
  /** Synthesizes, with the services' nested stacks; nothing can be added afterwards. */
  template(): Template;
}

/** A gateway on a foundation of its own in an app of its own. */
export function testGateway(props: Partial<GatewayProps> & { readonly foundation?: Foundation } = {}): TestGateway {
  const app = testApp();
  const foundation = props.foundation ?? new FoundationStack(app, 'Foundation');
  const stack = new Stack(foundation instanceof Stack ? foundation.node.root : app, 'Edge');
  const gateway = new Gateway(stack, 'Gateway', { jwt: JWT, ...props, foundation });
  return { gateway, stack, template: () => wholeTemplate(stack) };
}

/** A service that is right; tests change what they are about. */
export function serviceProps(changes: Partial<ServiceProps> = {}): ServiceProps {
  return { prefix: '/api/users', upstream: 'http://user-service:3001', ...changes };
}

/** What an InvalidPropError says; a refused construct stays in the tree, so each call can be made only once. */
export function refusalOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidPropError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The one resource of a type whose properties match. */
export function onlyResource(template: Template, type: string, properties: unknown = {}): Record<string, unknown> {
  const found = Object.values(template.findResources(type, { Properties: Match.objectLike(properties as object) }));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} match`);
  return (found[0] as { Properties: Record<string, unknown> }).Properties;
}

/** One of the metrics and expressions of an alarm. */
export interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Period: number;
    readonly Stat: string;
    readonly Metric: { readonly MetricName: string };
  };
  readonly ReturnData: boolean;
}

/** The environment of the proxy function of a service. */
export function proxyEnvironment(template: Template, service: string): Record<string, unknown> {
  const fn = onlyResource(template, 'AWS::Lambda::Function', {
    Description: Match.stringLikeRegexp(`: proxy of ${service}$`),
  });
  return (fn['Environment'] as { Variables: Record<string, unknown> }).Variables;
}

/** By route key: whether an authorizer stands before it, and the integration behind it. */
export function routes(template: Template): Record<string, { readonly authorized: boolean; readonly target: string }> {
  return Object.fromEntries(
    Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties: route }) => [
      route.RouteKey,
      { authorized: route.AuthorizerId !== undefined, target: JSON.stringify(route.Target) },
    ]),
  );
}
