import { Aspects, type IAspect, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { isObject, type Kind } from './check-props.ts';

/** No alias: CloudWatch Logs takes none, and policies of roles match none. */
export const ENCRYPTION_KEY: Kind = {
  is: (value) => isObject(value) && 'keyArn' in value && 'addToResourcePolicy' in value && !('aliasName' in value),
  rule: 'a KMS key and no alias',
  fix: "write new Key(…) or Key.fromKeyArn(scope, 'Yours', 'arn:aws:kms:…')",
};

/**
 * Encrypts all log groups under a construct by a key, which lets CloudWatch Logs use it as far as this app defines it.
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
  Aspects.of(scope).add(new LogGroupsBy(key));
}

class LogGroupsBy implements IAspect {
  readonly #key: IKey;

  constructor(key: IKey) {
    this.#key = key;
  }

  visit(node: IConstruct): void {
    if (node instanceof CfnLogGroup) node.kmsKeyId = this.#key.keyArn;
  }
}
