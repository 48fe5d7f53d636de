import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAddress } from '../../../../lambdas/contract/operations/address.ts';
import { sourceNetwork } from '../../../../lambdas/core/limits/source-address.ts';

describe('an address', () => {
  it('is what Node takes for one', () => {
    const almost = fc.string({
      unit: fc.constantFrom('0', '1', '9', '255', '256', 'f', 'ffff', 'g', ':', '::', '.', ' ', '[', ']', '/'),
      maxLength: 16,
    });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), almost), (text) => {
        expect(isAddress(text)).toBe(isIP(text) !== 0);
      }),
    );
  });

  it('of IPv6 has a network that limits count by', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        expect(sourceNetwork(text)).toMatch(/^(?:[\da-f:]*::|[\d.]+)$/);
        expect(isAddress(sourceNetwork(text))).toBe(true);
      }),
    );
  });

  it.each(['', 'banana', '010.0.0.1', ' 10.0.0.1', '10.0.0.1 ', '1.2.3', '1.2.3.4.5', '0x7f.0.0.1', '2130706433'])(
    'is not %j',
    (text) => {
      expect(isAddress(text)).toBe(false);
    },
  );

  it.each(['2001:db8::/64', 'fe80::1%eth0', '::1]/x[', '1:2', ':', ':::', '2001:db8:0:1:2:3:4:5:6'])(
    'is not %j',
    (text) => {
      expect(isAddress(text)).toBe(false);
    },
  );
});
