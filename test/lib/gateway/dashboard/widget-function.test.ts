import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { CIRCUIT_DEFAULTS, timingOf } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import { CircuitBreaker } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import { decodeCircuitsConfig } from '../../../support/documents.ts';
import { documentOf } from '../../support/documents.ts';
import { onlyResource, serviceProps, testGateway } from '../../support/stacks.ts';

describe('the widget function', () => {
  let template: Template;
  let fn: Record<string, unknown>;
  let circuits: string;
  beforeAll(() => {
    const test = testGateway({ name: 'edge' });
    test.gateway.addService('users', serviceProps({ circuitBreaker: CircuitBreaker.of({ shadow: true }) }));
    test.gateway.grantViewCircuits(
      new Role(test.stack, 'Viewer', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }),
    );
    template = test.template();
    circuits = documentOf(test.stack, 'shows circuits on the dashboard', 'circuits');
    fn = onlyResource(template, 'AWS::Lambda::Function', {
      Description: 'Tollgate edge: shows circuits on the dashboard',
    });
  });

  it('knows the circuits, the table and the function that its buttons call, and nothing else', () => {
    const { Variables } = fn['Environment'] as { Variables: Record<string, unknown> };
    expect(decodeCircuitsConfig(circuits)).toEqual({
      gateway: 'edge',
      namespace: 'Tollgate',
      services: { users: { ...timingOf(CIRCUIT_DEFAULTS), shadow: true } },
    });
    expect(Variables).toEqual({
      TOLLGATE_TABLE: { 'Fn::ImportValue': expect.any(String) },
      TOLLGATE_OPERATOR_FUNCTION: { 'Fn::GetAtt': [expect.stringContaining('OperatorFunction'), 'Arn'] },
    });
  });

  it('reads circuits, and can neither change one nor invoke the operator function', () => {
    const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('GatewayWidget') }],
    });
    const { Statement } = PolicyDocument as { Statement: readonly Record<string, unknown>[] };
    expect(Statement.filter(({ Action }) => !JSON.stringify(Action).includes('logs:'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:Query'],
        Resource: { 'Fn::ImportValue': expect.stringContaining('Arn') },
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['circuit#edge#*'] } },
      },
    ]);
  });

  it('may be invoked by whom the gateway lets view circuits, who may thereby move none', () => {
    const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('Viewer') }],
    });
    expect(PolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'lambda:InvokeFunction',
          Resource: { 'Fn::GetAtt': [expect.stringContaining('WidgetFunction'), 'Arn'] },
        },
      ],
    });
  });

  it('is what the dashboard invokes', () => {
    const { DashboardBody } = onlyResource(template, 'AWS::CloudWatch::Dashboard');
    const [logicalId] = Object.keys(
      template.findResources('AWS::Lambda::Function', { Properties: { Description: fn['Description'] } }),
    );
    const [body, variables] = (DashboardBody as { 'Fn::Sub': [string, Record<string, unknown>] })['Fn::Sub'];
    const [, variable = ''] = /"endpoint":"\$\{(\w+)\}"/.exec(body) ?? [];
    expect(variables[variable]).toEqual({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  });

  it('is not made without a dashboard, and then nobody can be let view circuits', () => {
    const test = testGateway({ dashboard: false });
    const role = new Role(test.stack, 'Viewer', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    expect(() => test.gateway.grantViewCircuits(role)).toThrow(
      'gateway Edge/Gateway: dashboard must be true for grantViewCircuits, got false: ',
    );
    test
      .template()
      .resourcePropertiesCountIs('AWS::Lambda::Function', { Description: Match.stringLikeRegexp('dashboard$') }, 0);
  });
});
