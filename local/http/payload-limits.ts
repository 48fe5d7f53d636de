import type { Headers, Request } from './message.ts';

/** Request line and header values together (AWS: Quotas for HTTP APIs). */
const HEADER_LIMIT_BYTES = 10_240;
/** Body of a request (AWS: Quotas for HTTP APIs). */
export const BODY_LIMIT_BYTES = 10 * 1024 * 1024;
/** Event or reply of a synchronous invocation (AWS: Lambda quotas; the service counts 6,291,556 bytes). */
export const PAYLOAD_LIMIT_BYTES = 6_291_556;

/** AWS documents no limit for replies. Names count, too, so that a reply that passes here passes on AWS. */
export function replyHeadersTooLarge(headers: Headers): boolean {
  return headers.reduce((total, [name, value]) => total + name.length + value.length, 0) > HEADER_LIMIT_BYTES;
}

export function headersTooLarge({ method, target, protocol, headers }: Omit<Request, 'body'>): boolean {
  const line = `${method} ${target} ${protocol}`.length;
  return headers.reduce((total, [, value]) => total + value.length, line) > HEADER_LIMIT_BYTES;
}
