import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../../lib/gateway/gateway.ts';
import type { GatewayProps } from '../../../lib/gateway/gateway-props.ts';
import { checkStackRoom } from '../../../lib/gateway/props/stack-room.ts';
import { RouteTable } from '../../../lib/gateway/route-table.ts';
import { refusalOf, serviceProps, type TestGateway, testApp, testGateway } from '../support/stacks.ts';
import { nestedIn } from '../support/whole-template.ts';

const CORS: Partial<GatewayProps> = { corsOrigins: ['https://app.example.com'] };
const NESTED = 'AWS::CloudFormation::Stack';

interface TemplateJson {
  readonly Parameters?: object;
  readonly Outputs?: object;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly DependsOn?: readonly string[] }>>;
}

/** As long as a service's name may be. */
const longName = (index: number) => `service-with-a-long-name--${index}`.padEnd(31, '-');
const shortName = (index: number) => `service-${index}`;

function addTo(gateway: Gateway, names: readonly string[]): void {
  for (const name of names) gateway.addService(name, serviceProps({ prefix: `/api/${name}` }));
}

function gatewayOf(count: number, props: Partial<GatewayProps> = {}, nameOf = shortName): TestGateway {
  const test = testGateway(props);
  addTo(test.gateway, [...Array(count).keys()].map(nameOf));
  return test;
}

/** What is deployed: by the name of its service, and the stack around them as ''. */
function templates({ stack }: TestGateway): ReadonlyMap<string, TemplateJson> {
  const all = [['', stack] as const, ...nestedIn(stack).map((nested) => [nested.node.id, nested] as const)];
  return new Map(all.map(([name, one]) => [name, Template.fromStack(one).toJSON() as TemplateJson]));
}

function ofType({ Resources }: TemplateJson, type: string) {
  return Object.entries(Resources).filter(([, { Type }]) => Type === type);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
function expectRoomFor(all: readonly TemplateJson[]): void {
  for (const template of all) {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(template.Parameters ?? {}).length).toBeLessThanOrEqual(200);
    expect(Object.keys(template.Outputs ?? {}).length).toBeLessThanOrEqual(200);
    // As the CDK writes it.
    expect(JSON.stringify(template, undefined, 1).length).toBeLessThan(1_000_000);
  }
  expect(all.flatMap(({ Resources }) => Object.keys(Resources)).length).toBeLessThanOrEqual(2500);
}

describe('a service', () => {
  const test = testGateway(CORS);
  addTo(test.gateway, ['users', 'user-s']);
  const all = templates(test);
  const root = all.get('') as TemplateJson;
  const users = all.get('users') as TemplateJson;

  it('is a stack nested in that of its gateway, with all that is its own', () => {
    expect(ofType(root, NESTED)).toHaveLength(2);
    expect(ofType(root, 'AWS::ApiGatewayV2::Route')).toHaveLength(1);
    expect(
      Object.values(users.Resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual([
      'AWS::ApiGatewayV2::Integration',
      ...Array(4).fill('AWS::ApiGatewayV2::Route'),
      'AWS::CloudWatch::Alarm',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
    ]);
  });

  it('gives its resources logical ids that begin with its name, since CloudFormation makes names of them', () => {
    for (const id of Object.keys(users.Resources)) expect(id).toMatch(/^users/);
  });

  it('adds no permission to the health function, whose policy would be full after some fifty', () => {
    const permissions = [...all.values()].flatMap((template) => ofType(template, 'AWS::Lambda::Permission'));
    const ofHealth = permissions.filter(([, permission]) => JSON.stringify(permission).includes('HealthFunction'));
    expect(ofHealth).toHaveLength(1);
  });

  it('changes no other one when it is added or removed', () => {
    const names = Array.from({ length: 14 }, (_, index) => `s${index}`);
    const of = (which: readonly string[]) => {
      const one = testGateway(CORS);
      addTo(one.gateway, which);
      return templates(one);
    };
    const [before, after] = [of(names), of([...names.filter((name) => name !== 's3'), 'another'])];
    const resource = (template: TemplateJson | undefined, name: string) =>
      template && ofType(template, NESTED).find(([id]) => id.startsWith(`Gateway${name}NestedStack`))?.[1];
    for (const name of names.filter((one) => one !== 's3')) {
      expect(after.get(name)).toEqual(before.get(name));
      // In which order stacks are made does not change them.
      expect({ ...resource(after.get(''), name), DependsOn: [] }).toEqual({
        ...resource(before.get(''), name),
        DependsOn: [],
      });
    }
  });

  it('waits for the tenth before it, so that few change the API at the same time', () => {
    const stacks = ofType(templates(gatewayOf(12)).get('') as TemplateJson, NESTED);
    const ids = stacks.map(([id]) => id);
    expect(stacks.map(([, { DependsOn = [] }]) => DependsOn)).toEqual([...Array(10).fill([]), [ids[0]], [ids[1]]]);
  });
});

describe('a gateway of many services', () => {
  it('has 74 with CORS, and CloudFormation takes them', () => {
    expectRoomFor([...templates(gatewayOf(74, CORS, longName)).values()]);
  });

  it('has 149 without CORS, and CloudFormation takes them', () => {
    expectRoomFor([...templates(gatewayOf(149)).values()]);
  });

  it.each([
    [74, CORS],
    [149, {}],
  ])('refuses one more than %i with the way on', (count, props) => {
    const { gateway } = gatewayOf(count, props);
    expect(refusalOf(() => addTo(gateway, ['one-more']))).toMatch(
      /^service one-more: an API must have at most 300 routes, got one more with "\S+ \/api\/one-more\S*": let AWS raise the API's quota "Routes per API" and give the gateway the new one as routeQuota, or split the services over two gateways$/,
    );
  });

  it('has more where AWS has raised the quota of routes', () => {
    const { gateway } = gatewayOf(90, { ...CORS, routeQuota: 365 });
    expect(gateway.services).toHaveLength(90);
    expect(refusalOf(() => addTo(gateway, ['x', 'y']))).toContain('service y: an API must have at most 365 routes, ');
  });

  it('has no more than 299, one integration each, whatever AWS raises', () => {
    const routes = new RouteTable(2500);
    for (let n = 0; n < 299; n++) routes.claimPrefix(`s${n}`, `/s${n}`);
    expect(refusalOf(() => routes.claimPrefix('one-more', '/one-more'))).toBe(
      'an API must have at most 299 services, got one more: AWS gives it 300 integrations, a quota that it does not raise; split the services over two gateways',
    );
  });

  it.each([299, 2501, 300.5])('refuses a quota of %d routes', (routeQuota) => {
    expect(refusalOf(() => testGateway({ routeQuota }))).toBe(
      `gateway Edge/Gateway: routeQuota must be a whole number between 300 and 2500, got ${routeQuota}: AWS lets every API have 300 and more on request, in Service Quotas; leave it out for 300`,
    );
  });
});

describe('the room that CloudFormation has', () => {
  function fill(stack: Stack, count: number): Stack {
    const before = stack.node.children.length;
    for (let n = 0; n < count; n++) new CfnResource(stack, `R${before + n}`, { type: 'AWS::SQS::Queue' });
    return stack;
  }

  it('is enough for 500 resources a service and 2,500 in all', () => {
    const stack = new Stack(testApp(), 'Edge');
    const services = ['a', 'b', 'c', 'd'].map((id) => fill(new NestedStack(stack, id), 500));
    // The nested stacks are four of them.
    fill(stack, 496);
    expect(() => checkStackRoom(stack, services)).not.toThrow();
    fill(stack, 1);
    expect(refusalOf(() => checkStackRoom(stack, services))).toBe(
      'a stack and those nested in it must be at most 2500 resources, got 2501: CloudFormation changes no more at once; split the services over gateways in stacks of their own',
    );
  });

  it('is too little for 501 resources of one service', () => {
    const stack = new Stack(testApp(), 'Edge');
    const services = [500, 501].map((count) => fill(new NestedStack(stack, `of-${count}`), count));
    expect(refusalOf(() => checkStackRoom(stack, services))).toBe(
      'service of-501 must be at most 500 resources, got 501: it is a nested stack; move some of its routes to a service of their own, or replace several by one route with a path parameter',
    );
  });

  it('is that of the outermost stack', () => {
    const outer = new Stack(testApp(), 'Outer');
    const stack = fill(new NestedStack(outer, 'Edge'), 500);
    for (const id of ['a', 'b', 'c', 'd']) fill(new NestedStack(outer, id), 499);
    expect(refusalOf(() => checkStackRoom(stack, []))).toContain('got 2501: ');
  });

  it('is asked for when the app is synthesized', () => {
    const test = gatewayOf(1);
    for (let n = 0; n < 5; n++) fill(new NestedStack(test.stack, `N${n}`), 499);
    expect(refusalOf(() => test.template())).toMatch(
      /^gateway Edge\/Gateway: a stack and those nested in it must be at most 2500 resources, got 25\d\d: /,
    );
  });
});
