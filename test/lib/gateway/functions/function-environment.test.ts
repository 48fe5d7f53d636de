import { describe, expect, it } from 'vitest';
import { environmentBytes } from '../../../../lib/gateway/functions/function-environment.ts';

describe('the size of an environment', () => {
  it('is that of its JSON, in which quotes inside values are escaped, as Lambda measures it', () => {
    const document = JSON.stringify({ routes: Array.from({ length: 100 }, (_, n) => ({ key: `GET /r${n}` })) });
    const variables = { TOLLGATE_SERVICE: document, OTHER: 'ü' };
    const namesAndValues = Object.entries(variables).flat().join('');
    expect(environmentBytes(variables)).toBe(Buffer.byteLength(JSON.stringify(variables)));
    // The difference between what passed here before and what Lambda refused.
    expect(environmentBytes(variables) - Buffer.byteLength(namesAndValues)).toBeGreaterThan(400);
  });

  it('takes what only the deployment knows for 128 bytes, and counts what stands around it', () => {
    const known = environmentBytes({ A: 'x'.repeat(128), B: `rediss://${'x'.repeat(128)}:"6379"` });
    const joined = { 'Fn::Join': ['', ['rediss://', { 'Fn::ImportValue': 'a' }, ':"6379"']] };
    expect(environmentBytes({ A: { Ref: 'Table' }, B: joined })).toBe(known);
  });

  it('of no variables is two braces', () => {
    expect(environmentBytes({})).toBe(2);
  });
});
