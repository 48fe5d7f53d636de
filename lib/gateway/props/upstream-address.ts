import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { Token } from 'aws-cdk-lib';
import type { Egress } from '../../foundation/foundation.ts';
import { InvalidPropError } from '../../invalid-prop.ts';

/** The facts that decide whether an upstream can be reached. */
export interface Reach {
  readonly egress: Egress;
  readonly privateZones: readonly string[];
}

/**
 * The upstream's base URL without a trailing slash. A CDK token is not checked: its value is known at deployment only.
 */
export function checkUpstream(upstream: string, reach: Reach): string {
  if (Token.isUnresolved(upstream)) return upstream;
  const got = `got ${JSON.stringify(upstream)}`;
  if (!/^https?:\/\/[^\s\\]+$/i.test(upstream) || !URL.canParse(upstream)) {
    throw new InvalidPropError(
      `upstream must be an http or https URL, ${got}: write one like 'http://user-service:3001'`,
    );
  }
  const url = new URL(upstream);
  if (url.username !== '' || url.password !== '') {
    throw new InvalidPropError(
      `upstream must hold no credentials, got one at ${url.host}: the template would hold them as plain text`,
    );
  }
  if (/[?#]/.test(upstream)) {
    throw new InvalidPropError(
      `upstream must have no query or fragment, ${got}: the query of each request is forwarded as it is`,
    );
  }
  checkReach(url.hostname, reach);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function checkReach(hostname: string, { egress, privateZones }: Reach): void {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isInside(host, privateZones)) return;
  if (egress === 'none') {
    throw new InvalidPropError(
      `upstream must be inside the VPC when egress is 'none', got the public host ${host}: set egress in lib/environments.ts to 'nat' ($33 a month, reaches everything) or 'ipv6' (free, reaches hosts with IPv6), or list its DNS zone in privateZones there`,
    );
  }
  if (egress === 'ipv6' && isIPv4(host)) {
    throw new InvalidPropError(
      `upstream must have an IPv6 address when egress is 'ipv6', got the public address ${host}: set egress in lib/environments.ts to 'nat'`,
    );
  }
}

function isInside(host: string, privateZones: readonly string[]): boolean {
  if (isIPv4(host)) return PRIVATE.check(host, 'ipv4');
  // An IPv4 address written as an IPv6 one is checked by its IPv4 ranges.
  if (isIPv6(host)) return PRIVATE.check(host, 'ipv6');
  return (
    !host.includes('.') ||
    INSIDE_NAMES.some((name) => name.test(host)) ||
    privateZones.some((zone) => isUnder(host, zone))
  );
}

/** Names that AWS or convention resolve to addresses inside a network. */
const INSIDE_NAMES = [
  /\.internal$/,
  /\.local$/,
  // Internal load balancers and interface endpoints have public names for private addresses.
  /^internal-[a-z0-9.-]+\.elb\.amazonaws\.com(\.cn)?$/,
  /\.vpce\.amazonaws\.com(\.cn)?$/,
];

function isUnder(host: string, zone: string): boolean {
  const name = zone.toLowerCase().replace(/^\.|\.$/g, '');
  return host === name || host.endsWith(`.${name}`);
}

/** RFC 1918, shared address space (RFC 6598, a VPC may use it), loopback, link-local, unique local IPv6 (RFC 4193). */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
