import { BlockList, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceNetwork } from '../../../../lambdas/core/limits/source-address.ts';

describe('the network of a source', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::'],
    ['2001:DB8::1', '2001:db8::'],
    ['2001:0db8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::'],
    ['2001:db8:1:2::', '2001:db8:1:2::'],
    ['0:0:0:1::', '0:0:0:1::'],
    ['::1', '::'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b:1:2:3:4:192.0.2.1', '64:ff9b:1:2::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
  ])('of %s is %s', (address, network) => {
    expect(sourceNetwork(address)).toBe(network);
  });

  it('is written as browsers write the address of any IPv6 network, and holds the address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const network = sourceNetwork(address);
        if (!network.includes(':')) return;
        expect(network).toBe(new URL(`http://[${network}]`).hostname.slice(1, -1));
        const subnet = new BlockList();
        subnet.addSubnet(network, 64, 'ipv6');
        expect(subnet.check(address, 'ipv6')).toBe(true);
      }),
    );
  });

  it('is one for all addresses of a /64, in every notation, and another for the next', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (network, host, otherHost) => {
        const long = (parts: number[]) =>
          parts.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':');
        const short = (parts: number[]) => new URL(`http://[${long(parts)}]`).hostname.slice(1, -1);
        fc.pre((network.some((part) => part !== 0) || host[0] !== 0) && otherHost[0] !== 0);
        const one = sourceNetwork(long([...network, ...host]));
        expect(sourceNetwork(short([...network, ...otherHost]))).toBe(one);
        const next = [...network.slice(0, 3), (network[3] ?? 0) ^ 1];
        expect(sourceNetwork(long([...next, ...otherHost]))).not.toBe(one);
      }),
    );
  });

  it.each([
    'unknown',
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8%',
    '::1.2.3.4:5',
    '::256.1.1.1',
    '::1.2.3',
    '1.2.3.4::',
    '2001:db8::1/64',
  ])('of %j, which may be no address, is what the platform thinks of it', (text) => {
    const network = sourceNetwork(text);
    if (isIPv6(text.split('%')[0] ?? '')) expect(isIPv6(network)).toBe(true);
    else expect(network).toBe(text);
  });

  it('of anything is of bounded length and its own network', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.stringMatching(/^[0-9a-f:.%]{0,60}$/),
      fc.ipV6(),
      fc.ipV4(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const network = sourceNetwork(text);
        expect(network.length).toBeLessThanOrEqual(64);
        expect(sourceNetwork(network)).toBe(network);
        const address = text.split('%')[0] ?? '';
        if (!isIPv6(address)) expect(network).toBe(text.slice(0, 64));
      }),
    );
  });
});
