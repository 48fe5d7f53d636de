import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { expect, it } from 'vitest';
import { onlyResource, serviceProps, testGateway } from '../../support/stacks.ts';

it('the circuit function may be the target of a rule of EventBridge', () => {
  const { gateway, stack, template } = testGateway({ name: 'edge' });
  gateway.addService('users', serviceProps());
  new Rule(stack, 'Alarms', {
    eventPattern: { source: ['aws.cloudwatch'], detailType: ['CloudWatch Alarm State Change'] },
    targets: [new LambdaFunction(gateway.circuitFunction)],
  });
  const synthesized = template();
  const permission = onlyResource(synthesized, 'AWS::Lambda::Permission', { Principal: 'events.amazonaws.com' });
  const { Targets } = onlyResource(synthesized, 'AWS::Events::Rule') as { Targets: readonly { Arn: unknown }[] };
  const names = synthesized.findResources('AWS::Lambda::Function', {
    Properties: { Description: 'Tollgate edge: opens circuits on alarms' },
  });
  const arn = { 'Fn::GetAtt': [Object.keys(names)[0], 'Arn'] };
  expect(Targets.map(({ Arn }) => Arn)).toEqual([arn]);
  expect(permission['FunctionName']).toEqual(arn);
});
