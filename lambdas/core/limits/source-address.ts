/** Longest text that names a source: the longest address of any notation has 45 characters. */
const MAX_LENGTH = 64;

/** How many of the eight groups of an IPv6 address name its network (RFC 4291 §2.5.4). */
const NETWORK_GROUPS = 4;

/**
 * What a source address counts as: an IPv4 address as it is, an IPv6 address as the first of its /64. One subscriber
 * has at least a /64 (RFC 6177) and may take another of its addresses for every request.
 *
 * `2001:DB8:0:1::42%eth0` is `2001:db8:0:1::`, `::ffff:192.0.2.1` is `192.0.2.1`; what is no address stays as it is, up
 * to 64 characters. A network is its own network.
 */
export function sourceNetwork(address: string): string {
  if (!address.includes(':')) return address.slice(0, MAX_LENGTH);
  const groups = groupsOf(address.split('%', 1)[0] ?? '');
  if (groups === undefined) return address.slice(0, MAX_LENGTH);
  return mappedIPv4(groups) ?? networkOf(groups);
}

/** RFC 5952: lower case, no leading zeros. The zeros of the host part are the longest run, so `::` replaces them. */
function networkOf(groups: readonly number[]): string {
  const network = groups.slice(0, NETWORK_GROUPS);
  const last = network.findLastIndex((group) => group !== 0);
  return `${network
    .slice(0, last + 1)
    .map((group) => group.toString(16))
    .join(':')}::`;
}

/** `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2): a socket of both families writes IPv4 so. */
function mappedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6);
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address, or undefined when the text is none (RFC 4291 §2.2). */
function groupsOf(address: string): readonly number[] | undefined {
  const halves = address.replace(DOTTED_END, hexadecimal).split('::', 3);
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':', 9).map(groupOf)));
  if (head === undefined || halves.length > 2) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // `::` replaces at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
  return groups.some(Number.isNaN) ? undefined : groups;
}

const GROUP = /^[0-9a-f]{1,4}$/i;
const DOTTED_END = /(?<=:)(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

function groupOf(text: string): number {
  return GROUP.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

/** `192.0.2.1` as `c000:201`; a byte over 255 makes a group that is none. */
function hexadecimal(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted
    .split('.')
    .map((byte) => (Number(byte) > 255 ? Number.NaN : Number(byte)));
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
