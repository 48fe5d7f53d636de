import { Lazy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { checkUpstream } from '../../../../lib/gateway/props/upstream-address.ts';

const NONE = { egress: 'none', privateZones: [] } as const;
const NAT = { egress: 'nat', privateZones: [] } as const;
const IPV6 = { egress: 'ipv6', privateZones: [] } as const;

describe('an upstream', () => {
  it.each([
    ['http://user-service:3001', 'http://user-service:3001'],
    ['https://users/', 'https://users'],
    ['http://users:80/base/v1/', 'http://users/base/v1'],
    ['HTTP://Users:8080', 'http://users:8080'],
  ])('%s is written as %s', (upstream, expected) => {
    expect(checkUpstream(upstream, NONE)).toBe(expected);
  });

  it('known at deployment only is not checked', () => {
    const token = Lazy.string({ produce: () => 'anything' });
    expect(checkUpstream(token, NONE)).toBe(token);
  });

  it.each(['users:3001', 'ftp://users', 'http://', 'http:users', '//users', '', 'http://a b', 'http://users:99999'])(
    '%j is no http URL',
    (upstream) => {
      expect(() => checkUpstream(upstream, NAT)).toThrow(
        `upstream must be an http or https URL, got ${JSON.stringify(upstream)}: write one like 'http://user-service:3001'`,
      );
    },
  );

  it('holds no credentials, and the message does not repeat them', () => {
    expect(() => checkUpstream('http://root:secret@users', NONE)).toThrow(
      /^upstream must hold no credentials, got one at users: (?!.*secret)/,
    );
  });

  it.each(['http://users?x=1', 'http://users/?', 'http://users/#top'])('%s has a query or a fragment', (upstream) => {
    expect(() => checkUpstream(upstream, NONE)).toThrow('upstream must have no query or fragment');
  });

  it.each([
    'http://user-service',
    'http://users.internal',
    'http://users.ns.svc.cluster.local:8080',
    'http://users.local.',
    'http://10.0.3.7',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://100.64.0.1',
    'http://[fd00::1]:8080',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://internal-users-123456.eu-central-1.elb.amazonaws.com',
    'http://vpce-0123-abc.execute-api.eu-central-1.vpce.amazonaws.com',
  ])('%s is inside the VPC', (upstream) => {
    expect(() => checkUpstream(upstream, NONE)).not.toThrow();
  });

  it.each([
    ['https://api.example.com', 'api.example.com'],
    ['https://api.example.com.', 'api.example.com'],
    ['http://8.8.8.8', '8.8.8.8'],
    ['http://172.32.0.1', '172.32.0.1'],
    ['http://134744072', '8.8.8.8'],
    ['http://[2600:1f18::1]', '2600:1f18::1'],
    ['http://[::ffff:8.8.8.8]', '::ffff:808:808'],
    ['http://users-123.eu-central-1.elb.amazonaws.com', 'users-123.eu-central-1.elb.amazonaws.com'],
    ['http://internal.example.com', 'internal.example.com'],
    ['http://notlocal.example', 'notlocal.example'],
  ])('%s is outside and needs egress: both ways are named', (upstream, host) => {
    expect(() => checkUpstream(upstream, NONE)).toThrow(
      `upstream must be inside the VPC when egress is 'none', got the public host ${host}: set egress in lib/environments.ts to 'nat'`,
    );
    expect(() => checkUpstream(upstream, NONE)).toThrow("or 'ipv6' (free");
    expect(() => checkUpstream(upstream, NAT)).not.toThrow();
  });

  it('is inside when a private zone resolves its name', () => {
    const reach = { egress: 'none', privateZones: ['corp.example.com', '.other.example.'] } as const;
    expect(() => checkUpstream('http://users.corp.example.com', reach)).not.toThrow();
    expect(() => checkUpstream('http://corp.example.com', reach)).not.toThrow();
    expect(() => checkUpstream('http://users.other.example', reach)).not.toThrow();
    expect(() => checkUpstream('http://users.notcorp.example.com', reach)).toThrow('public host');
  });

  it('with an IPv4 address only is out of reach of IPv6 egress', () => {
    expect(() => checkUpstream('https://api.example.com', IPV6)).not.toThrow();
    expect(() => checkUpstream('http://[2600:1f18::1]', IPV6)).not.toThrow();
    expect(() => checkUpstream('http://8.8.8.8', IPV6)).toThrow(
      "upstream must have an IPv6 address when egress is 'ipv6', got the public address 8.8.8.8: set egress in lib/environments.ts to 'nat'",
    );
  });
});
