import { Names, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { GATEWAY_NAME_LENGTH } from '../../../lambdas/contract/operations/operator-config.ts';
import { InvalidPropError } from '../../invalid-prop.ts';

const NAME = new RegExp(`^[A-Za-z][A-Za-z0-9-]{0,${GATEWAY_NAME_LENGTH - 1}}$`);
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9._/#-]{1,255}$/;

export interface NamedGateway extends IConstruct {
  readonly name: string;
  readonly namespace: string;
}

/**
 * @param others all other gateways of the app
 * @throws InvalidPropError unless the names can stand in those of alarms, functions and metrics, and are the gateway's own
 */
export function checkGatewayNames(gateway: NamedGateway, others: readonly NamedGateway[]): void {
  const { name, namespace } = gateway;
  if (!NAME.test(name)) {
    throw new InvalidPropError(
      `name must be at most ${GATEWAY_NAME_LENGTH} letters, digits and hyphens and start with a letter, got ${JSON.stringify(name)}: write one like 'my-gateway'`,
    );
  }
  if (!NAMESPACE.test(namespace)) {
    throw new InvalidPropError(
      `namespace must be at most 255 letters, digits and . _ / # - and not start with AWS/, got ${JSON.stringify(namespace)}: write one like 'Tollgate/test'`,
    );
  }
  for (const other of others) if (isBeside(gateway, other)) checkNamesApart(gateway, other);
}

/** Whether they are of one account and region. */
function isBeside(gateway: IConstruct, other: IConstruct): boolean {
  const [here, there] = [Stack.of(gateway), Stack.of(other)];
  return here.account === there.account && here.region === there.region;
}

function checkNamesApart({ name, namespace }: NamedGateway, other: NamedGateway): void {
  if (other.name === name) {
    throw new InvalidPropError(
      `two gateways of one account and region must have names of their own, got ${JSON.stringify(name)} here and at ${other.node.path}: their alarms and functions would have the same names; give one of them another`,
    );
  }
  if (other.namespace === namespace) {
    throw new InvalidPropError(
      `two gateways of one account and region must have namespaces of their own, got ${JSON.stringify(namespace)} here and at ${other.node.path}: failures of one would open circuits of the other; give one of them a namespace`,
    );
  }
}

/** `Tollgate-dev-Gateway` for the construct `Gateway` in the stack `Tollgate-dev-Gateway`. */
export function gatewayNameOf(construct: Construct): string {
  const words = construct.node.path.split(/[^A-Za-z0-9]+/);
  const readable = words.filter((word, index) => word !== words[index - 1]).join('-');
  return NAME.test(readable)
    ? readable
    : Names.uniqueResourceName(construct, { maxLength: GATEWAY_NAME_LENGTH, separator: '-' });
}
