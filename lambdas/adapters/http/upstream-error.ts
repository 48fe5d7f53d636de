import type { AttemptError } from '../../core/circuit/outcome.ts';

/** Why an upstream gave no usable answer. */
export class UpstreamError extends Error {
  readonly code: AttemptError;

  constructor(code: AttemptError, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UpstreamError';
    this.code = code;
  }
}

/** The connection could not be made, or ended before there was an answer. */
export class ConnectionError extends UpstreamError {
  /** Whether the connection was kept from earlier requests: the upstream may have closed it long ago. */
  readonly kept: boolean;

  constructor(code: 'unreachable' | 'unsent', message: string, kept: boolean, cause: unknown) {
    super(code, message, cause);
    this.kept = kept;
  }
}

/** A second attempt may help after these; not after a timeout, a wrong name or a wrong certificate. */
const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Reading or writing fails with one of these when the upstream has closed the connection. */
const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE']);

/** Header bytes of an answer that are read: more than API Gateway returns. */
export const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;

/** A client alone can cause this: upstreams repeat a request's target in `Location` and in cookies. */
const HEADERS_TOO_LARGE = `the answer has more than ${MAX_RESPONSE_HEADER_BYTES.toLocaleString('en-US')} bytes of header fields`;

export interface Progress {
  readonly kept: boolean;
  /** Whether the header section of an answer has arrived. */
  readonly answered: boolean;
  /** Whether the upstream had not read the whole body. */
  readonly unsent: boolean;
}

/** @param error from Node */
export function asUpstreamError(error: Error, { kept, answered, unsent }: Progress): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  if (code === 'HPE_HEADER_OVERFLOW') return new UpstreamError('too_large', HEADERS_TOO_LARGE, error);
  if (unsent && CLOSED_CODES.has(code)) return new ConnectionError('unsent', code, kept, error);
  if (!answered && CONNECTION_CODES.has(code)) return new ConnectionError('unreachable', code, kept, error);
  return new UpstreamError('unreachable', code, error);
}

/** @param contentType of the answer, where it has begun */
export function timeoutError(timeoutMs: number, contentType: string | undefined): UpstreamError {
  const code = isEventStream(contentType) ? 'event_stream' : 'timeout';
  return new UpstreamError(code, `no complete answer within ${timeoutMs} ms`);
}

/** An event stream has no end (HTML Standard §9.2), so a missed deadline does not show a sick upstream. */
function isEventStream(contentType = ''): boolean {
  return /^text\/event-stream(?:$|[\s;])/i.test(contentType);
}
