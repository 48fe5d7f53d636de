import type { Headers } from './headers.ts';

/** Lambda's limit on the JSON document of a reply, less room for the headers. */
export const MAX_REPLY_BYTES = 6 * 1024 * 1024 - 64 * 1024;

/**
 * Names and values of all header fields of an answer together. AWS documents the limit for requests (Quotas for HTTP
 * APIs). API Gateway is assumed to replace an answer over it by a 5xx of its own.
 */
export const MAX_REPLY_HEADER_BYTES = 10_240;

/** Lambda's reply holds text as it is, everything else as base64. */
export type BodyKind = 'text' | 'binary';

/** The largest body of each kind. Base64 turns three bytes into four. */
export const MAX_BODY_BYTES: Readonly<Record<BodyKind, number>> = {
  text: MAX_REPLY_BYTES,
  binary: Math.floor(MAX_REPLY_BYTES / 4) * 3,
};

const TEXTUAL = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded|[^;]+\+(?:json|xml)))/i;

/** The kind of body that the header fields announce. */
export function bodyKind(headers: Headers): BodyKind {
  return headers['content-encoding'] === undefined && TEXTUAL.test(headers['content-type'] ?? '') ? 'text' : 'binary';
}

const MOST: Readonly<Record<BodyKind, string>> = {
  text: 'the most text that a gateway on Lambda can return (JSON escapes count)',
  binary: 'the most binary or compressed data that a gateway on Lambda can return (as base64)',
};

/** The message to the client for a larger body. */
export function bodyTooLarge(kind: BodyKind): string {
  const bytes = MAX_BODY_BYTES[kind];
  return `the answer is larger than ${bytes.toLocaleString('en-US')} bytes (${(bytes / 1e6).toFixed(1)} MB), ${MOST[kind]}`;
}

export function headerBytes(headers: Headers, cookies: readonly string[]): number {
  let bytes = 0;
  // This runs for each answer: `Object.entries` would make an array for each field, 2 µs for 18 fields.
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  for (const cookie of cookies) bytes += 'set-cookie'.length + cookie.length;
  return bytes;
}

export function headersTooLarge(bytes: number): string {
  const [size, limit] = [bytes, MAX_REPLY_HEADER_BYTES].map((count) => count.toLocaleString('en-US'));
  return `the answer has ${size} bytes of header fields and API Gateway returns ${limit} at most`;
}
