import type { IncomingMessage } from 'node:http';
import type { Headers } from '../../core/http/headers.ts';
import { bodyKind, bodyTooLarge } from '../../core/http/reply-limits.ts';
import { UpstreamError } from './upstream-error.ts';

export interface UpstreamResponse {
  readonly status: number;
  /** By lower-cased name, duplicates joined by commas; `set-cookie` is not among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** Lambda returns at most 6 MB, so a larger answer is not read to its end (AWS: Lambda quotas). */
export const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

/** Header fields of an answer, far more than API Gateway returns. Node would silently drop further ones. */
export const MAX_RESPONSE_FIELDS = 1000;

/**
 * Reads an answer after its header section. It uses events: an async iterator over the chunks takes longer than all the rest
 * of a request.
 *
 * @param fail may be called more than once; the first call counts
 */
export function readAnswer(
  incoming: IncomingMessage,
  method: string,
  done: (answer: UpstreamResponse) => void,
  fail: (error: Error) => void,
): void {
  const { statusCode: status = 0, rawHeaders } = incoming;
  const fields = fieldsOf(rawHeaders);
  // These two give the length of a body that is not sent (RFC 9110 §8.6).
  const isBodiless = method === 'HEAD' || status === 304;
  const length = isBodiless ? 0 : Number(fields.headers['content-length'] ?? 0);
  const refusal = refusalOf(status, rawHeaders.length / 2, length, fields.headers);
  if (refusal !== undefined) {
    fail(refusal);
    return;
  }
  const body = new Body();
  incoming.on('data', (chunk: Buffer) => {
    body.add(chunk);
    if (body.size > MAX_RESPONSE_BYTES) fail(tooLarge(fields.headers));
  });
  incoming.on('error', fail);
  incoming.on('end', () => done({ status, ...fields, body: body.whole() }));
}

/** Whether only the end of the connection ends the answer (RFC 9112 §6.3). */
export function endsWithItsConnection({ headers }: IncomingMessage): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

/** A body, as far as it was read. */
class Body {
  /** This many chunks are joined into one: each Buffer costs a hundred bytes, and may hold a single byte. */
  static readonly #LOOSE = 1024;
  readonly #chunks: Buffer[] = [];
  #joined = 0;
  size = 0;

  add(chunk: Buffer): void {
    this.size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#chunks.length - this.#joined < Body.#LOOSE) return;
    this.#chunks.push(Buffer.concat(this.#chunks.splice(this.#joined)));
    this.#joined += 1;
  }

  whole(): Buffer {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.size);
  }
}

/** @param rawHeaders names and values in turn: Node's own views of them drop some duplicates or cost more */
function fieldsOf(rawHeaders: readonly string[]): Pick<UpstreamResponse, 'headers' | 'cookies'> {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'set-cookie') cookies.push(value);
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return { headers, cookies };
}

/** Why an answer is not read to its end. */
function refusalOf(status: number, fields: number, length: number, headers: Headers): UpstreamError | undefined {
  // 101 is the one interim status that gets here. Its connection then carries no HTTP, so it must not be kept.
  if (status < 200) return new UpstreamError('unreachable', `the status is ${status}, which nobody asked for`);
  if (fields > MAX_RESPONSE_FIELDS) return new UpstreamError('unreachable', `${fields} header fields`);
  return length > MAX_RESPONSE_BYTES ? tooLarge(headers) : undefined;
}

function tooLarge(headers: Headers): UpstreamError {
  return new UpstreamError('too_large', bodyTooLarge(bodyKind(headers)));
}
