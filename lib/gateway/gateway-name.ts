import { Names } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { GATEWAY_NAME_LENGTH } from '../../lambdas/contract/operator-config.ts';
import { InvalidPropError } from '../invalid-prop.ts';

const NAME = new RegExp(`^[A-Za-z][A-Za-z0-9-]{0,${GATEWAY_NAME_LENGTH - 1}}$`);

/** @throws InvalidPropError unless `name` can stand in the names of alarms and functions */
export function checkGatewayName(name: string): void {
  if (NAME.test(name)) return;
  throw new InvalidPropError(
    `name must be at most ${GATEWAY_NAME_LENGTH} letters, digits and hyphens and start with a letter, got ${JSON.stringify(name)}: write one like 'my-gateway'`,
  );
}

/** `Tollgate-dev-Gateway` for the construct `Gateway` in the stack `Tollgate-dev-Gateway`. */
export function gatewayNameOf(construct: Construct): string {
  const words = construct.node.path.split(/[^A-Za-z0-9]+/);
  const readable = words.filter((word, index) => word !== words[index - 1]).join('-');
  return NAME.test(readable)
    ? readable
    : Names.uniqueResourceName(construct, { maxLength: GATEWAY_NAME_LENGTH, separator: '-' });
}
