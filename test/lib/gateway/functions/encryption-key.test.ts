import { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { FoundationStack } from '../../../../lib/foundation-stack.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { serviceProps, testApp, testGateway } from '../../support/stacks.ts';

describe('a key of the user', () => {
  const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f';
  const encrypted = () => {
    const app = testApp();
    const encryptionKey = Key.fromKeyArn(new Stack(app, 'Keys'), 'Key', keyArn);
    const foundation = new FoundationStack(app, 'Foundation', { encryptionKey });
    const test = testGateway({ foundation, name: 'edge', encryptionKey });
    test.gateway.addService('users', serviceProps({ auth: Auth.any(Auth.jwt(), Auth.apiKey()) }));
    return test.template();
  };
  /** By role: what it may do with the key, and by way of which service. */
  const grants = (template: Template) =>
    Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties: { Roles, PolicyDocument } }) =>
      (PolicyDocument.Statement as Record<string, unknown>[])
        .filter(({ Resource }) => Resource === keyArn)
        .map(({ Action, Condition }) => ({
          role: Roles[0].Ref as string,
          actions: [Action].flat() as string[],
          via: JSON.stringify(Condition),
        })),
    );

  it('encrypts every log group and the dead letters', () => {
    const template = encrypted();
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn });
    expect(Object.keys(template.findResources('AWS::Logs::LogGroup')).length).toBeGreaterThan(5);
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: keyArn });
  });

  it('may be used by functions by way of the table and the queue that they use, and by no other way', () => {
    const all = grants(encrypted());
    for (const { via, actions } of all) {
      expect(via).toMatch(/"kms:ViaService":\{"Fn::Join":\["",\["(dynamodb|sqs)\.",/);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    }
    const ofRole = (name: string) => all.filter(({ role }) => role.includes(name));
    for (const name of ['Authorizer', 'Operator', 'Widget', 'users']) expect(ofRole(name), name).not.toEqual([]);
    expect(ofRole('Health')).toEqual([]);
    expect(ofRole('Widget').flatMap(({ actions }) => actions)).toEqual(['kms:Decrypt', 'kms:DescribeKey']);
    expect(ofRole('GatewayCircuit').some(({ via }) => via.includes('"sqs.'))).toBe(true);
  });

  it.each([
    [() => undefined, 'a function'],
    [{ keyArn }, '{"keyArn":'],
  ])('is refused as %j', (encryptionKey, got) => {
    expect(() => testGateway({ encryptionKey: encryptionKey as never })).toThrow(
      `gateway Edge/Gateway: encryptionKey must be a KMS key and no alias, got ${got}`,
    );
  });

  it('is none unless it is given', () => {
    expect(JSON.stringify(testGateway().template())).not.toMatch(/kms:|KmsKeyId|KmsMasterKeyId/);
  });
});
