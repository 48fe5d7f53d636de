import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { operatorFunctionName } from '../../../../lambdas/contract/operations/operator-config.ts';
import { FoundationStack } from '../../../../lib/foundation-stack.ts';
import { Gateway } from '../../../../lib/gateway/gateway.ts';
import { JWT, testFoundation, testGateway } from '../../support/stacks.ts';

const gatewayIn = (stackName: string) => {
  const foundation = testFoundation();
  return new Gateway(new Stack(foundation.node.root, stackName), 'Gateway', { foundation, jwt: JWT });
};

describe('the name of a gateway', () => {
  it('is its path, words that repeat left out', () => {
    expect(testGateway().gateway.name).toBe('Edge-Gateway');
    expect(gatewayIn('Tollgate-dev-Gateway').name).toBe('Tollgate-dev-Gateway');
  });

  it('is shortened where its path is longer than the name of a function may be', () => {
    const [one, other] = ['a', 'b'].map((end) => gatewayIn(`Tollgate-${'x'.repeat(60)}-${end}`).name);
    expect(one).toMatch(/^Tollgatex/);
    expect(operatorFunctionName(one ?? '').length).toBeLessThanOrEqual(64);
    expect(one).not.toBe(other);
  });

  it('may have 55 characters', () => {
    expect(testGateway({ name: 'g'.repeat(55) }).gateway.name).toHaveLength(55);
  });

  it.each(['a/b', 'g'.repeat(56), '', '1st', 'my gateway'])('%j is refused', (name) => {
    expect(() => testGateway({ name })).toThrow(
      `gateway Edge/Gateway: name must be at most 55 letters, digits and hyphens and start with a letter, got ${JSON.stringify(name)}: write one like 'my-gateway'`,
    );
  });

  it('that another gateway of the account and region has is refused', () => {
    const { gateway, stack } = testGateway({ name: 'edge' });
    const foundation = gateway.node.root.node.findChild('Foundation') as ReturnType<typeof testFoundation>;
    const second = { foundation, jwt: JWT, namespace: 'Other' };
    expect(() => new Gateway(stack, 'Second', { ...second, name: 'edge' })).toThrow(
      'two gateways of one account and region must have names of their own, got "edge" here and at Edge/Gateway: ',
    );
    const env = { region: 'eu-central-1' };
    const elsewhere = new Stack(foundation.node.root, 'Elsewhere', { env });
    const there = new FoundationStack(foundation.node.root, 'There', { env });
    expect(() => new Gateway(elsewhere, 'Third', { ...second, foundation: there, name: 'edge' })).not.toThrow();
  });
});
