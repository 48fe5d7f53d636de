/** Without leading zeros: some programs read such a byte as octal. */
const BYTE = /^(?:0|[1-9]\d{0,2})$/;
const IPV6_CHARS = /^[\da-f:.]+$/i;

/** Whether the text is an address of IPv4, or of IPv6 without a zone and prefix length (RFC 4291 §2.2). */
export function isAddress(text: string): boolean {
  if (text.includes(':')) return IPV6_CHARS.test(text) && URL.canParse(`http://[${text}]`);
  const bytes = text.split('.');
  return bytes.length === 4 && bytes.every((byte) => BYTE.test(byte) && Number(byte) <= 255);
}
