import { describe, expect, it } from 'vitest';
import { GATEWAY_NAME_LENGTH, operatorFunctionName } from '../../../../lambdas/contract/operations/operator-config.ts';
import { decodeOperatorConfig, documentJson } from '../../../support/documents.ts';

describe('the document of the operator function', () => {
  it('is read back as it was written', () => {
    const config = { gateway: 'shop' };
    expect(decodeOperatorConfig(documentJson(config))).toEqual(config);
  });

  it('names what is missing from it', () => {
    expect(() => decodeOperatorConfig(documentJson({}))).toThrow('operator.gateway must be a string, got undefined');
  });
});

describe('the name of the operator function', () => {
  it('follows from the name of the gateway', () => {
    expect(operatorFunctionName('shop')).toBe('shop-operator');
  });

  it('has at most the 64 characters that Lambda allows', () => {
    expect(operatorFunctionName('g'.repeat(GATEWAY_NAME_LENGTH))).toHaveLength(64);
  });
});
