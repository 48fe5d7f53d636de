import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { CIRCUIT_DEFAULTS, timingOf } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import type { DocumentName } from '../../../../lambdas/contract/documents.ts';
import { operatorFunctionName } from '../../../../lambdas/contract/operations/operator-config.ts';
import { decodeCircuitsConfig, decodeOperatorConfig } from '../../../support/documents.ts';
import { documentOf } from '../../support/documents.ts';
import { onlyResource, serviceProps, testGateway } from '../../support/stacks.ts';

describe('the operator function', () => {
  let template: Template;
  let fn: Record<string, unknown>;
  let document: (name: DocumentName) => string;
  beforeAll(() => {
    const test = testGateway({ name: 'edge', namespace: 'Tollgate/test' });
    const oncall = new Role(test.stack, 'OnCall', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    test.gateway.grantOperate(oncall);
    test.gateway.addService('users', serviceProps());
    template = test.template();
    document = (name) => documentOf(test.stack, 'makes API keys and moves circuits', name);
    fn = onlyResource(template, 'AWS::Lambda::Function', { FunctionName: operatorFunctionName('edge') });
  });

  it('is found by the name of its gateway, and by an output', () => {
    expect(fn).toMatchObject({
      Description: 'Tollgate edge: revokes credentials, sets limits, makes API keys and moves circuits',
    });
    const outputs = template.findOutputs('*', { Value: { Ref: Match.stringLikeRegexp('OperatorOperatorFunction') } });
    expect(Object.keys(outputs)).toEqual([expect.stringContaining('OperatorFunctionName')]);
  });

  it('has concurrency of its own where some is reserved for it', () => {
    expect(fn).not.toHaveProperty('ReservedConcurrentExecutions');
    const reserved = testGateway({ name: 'edge', operatorConcurrency: 2 }).template();
    reserved.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: operatorFunctionName('edge'),
      ReservedConcurrentExecutions: 2,
    });
    for (const operatorConcurrency of [0, 1.5, 1001]) {
      expect(() => testGateway({ operatorConcurrency })).toThrow(
        `operatorConcurrency must be a whole number between 1 and 1000, got ${operatorConcurrency}: write one like 2`,
      );
    }
  });

  it('knows its gateway, the table and the cache', () => {
    const { Variables } = fn['Environment'] as { Variables: Record<string, string> };
    expect(decodeOperatorConfig(document('operator'))).toEqual({ gateway: 'edge' });
    expect(Variables['TOLLGATE_TABLE']).toHaveProperty('Fn::ImportValue');
    expect(JSON.stringify(Variables['TOLLGATE_REDIS_URL'])).toContain('rediss://');
    expect(Variables['TOLLGATE_REDIS_CLUSTER']).toBe('true');
  });

  it('knows how the circuits of its gateway move', () => {
    expect(decodeCircuitsConfig(document('circuits'))).toEqual({
      gateway: 'edge',
      namespace: 'Tollgate/test',
      services: { users: { ...timingOf(CIRCUIT_DEFAULTS), shadow: false } },
    });
  });

  it('runs inside the VPC, where the cache is', () => {
    expect(fn['VpcConfig']).toMatchObject({ SecurityGroupIds: [expect.anything()], SubnetIds: expect.anything() });
  });

  it('reads and writes the rules, API keys and circuits of its gateway, marks revocations, and reaches no other item of the table', () => {
    const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('GatewayOperator') }],
    });
    const { Statement } = PolicyDocument as { Statement: readonly Record<string, unknown>[] };
    const allowed = (partition: string, ...actions: readonly string[]) => ({
      Effect: 'Allow',
      // CDK writes one action as a text, several as a list.
      Action: actions.length === 1 ? `dynamodb:${actions[0]}` : actions.map((action) => `dynamodb:${action}`),
      Resource: { 'Fn::ImportValue': expect.stringContaining('Arn') },
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partition] } },
    });
    expect(Statement.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:'))).toEqual([
      allowed('rules#edge', 'GetItem', 'PutItem', 'Query'),
      allowed('keys#edge', 'GetItem', 'Query', 'UpdateItem'),
      allowed('revocations#edge', 'UpdateItem'),
      allowed('circuit#edge#*', 'GetItem', 'PutItem', 'Query'),
    ]);
  });

  it('may be invoked by whom the gateway grants it, by nobody else, and by nothing of it but itself', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('OnCall') }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('OperatorOperatorFunction'), 'Arn'] },
          },
        ],
      },
    });
    const permissions = template.findResources('AWS::Lambda::Permission', {
      Properties: { FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('OperatorFunction'), 'Arn'] } },
    });
    expect(permissions).toEqual({});
  });
});
