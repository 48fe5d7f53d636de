import { Aspects, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { isObject, type Kind } from '../props/check-props.ts';

/** No alias: CloudWatch Logs takes none, and policies of roles match none. */
export const ENCRYPTION_KEY: Kind = {
  is: (value) => isObject(value) && 'keyArn' in value && 'addToResourcePolicy' in value && !('aliasName' in value),
  rule: 'a KMS key and no alias',
  fix: "write new Key(…) or Key.fromKeyArn(scope, 'Yours', 'arn:aws:kms:…')",
};

/**
 * Encrypts all log groups under a construct by a key. A key that this app defines is made to let CloudWatch Logs use it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function encryptLogs(scope: Construct, key: IKey): void {
  const { region, account, partition } = Stack.of(scope);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
      },
    }),
  );
  Aspects.of(scope).add({
    visit: (node) => {
      if (node instanceof CfnLogGroup) node.kmsKeyId = key.keyArn;
    },
  });
}
