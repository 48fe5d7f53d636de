import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** Lets a service of AWS use a key with the function's rights. The function's own code cannot use it. */
export function grantKeyVia(
  service: 'dynamodb' | 'sqs',
  fn: IFunction,
  key: IKey,
  actions: readonly `kms:${string}`[],
): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(fn).region}.amazonaws.com` } },
    }),
  );
}
