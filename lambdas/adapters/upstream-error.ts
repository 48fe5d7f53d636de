/** Why an upstream gave no usable answer. */
export class UpstreamError extends Error {
  readonly code: 'timeout' | 'unreachable' | 'too_large';

  constructor(code: UpstreamError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UpstreamError';
    this.code = code;
  }
}

/** No connection could be made, or it ended before there was an answer. */
export class ConnectionError extends UpstreamError {
  /** Whether the connection was one of those kept from earlier requests: the upstream may have given it up long ago. */
  readonly kept: boolean;

  constructor(message: string, kept: boolean, cause: unknown) {
    super('unreachable', message, cause);
    this.kept = kept;
  }
}

/** Neither a connection that timed out nor a name or certificate that is wrong: that takes more than a second try. */
const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH']);

/** What Node says of a request. */
export function asUpstreamError(error: Error, { kept, answered }: { kept: boolean; answered: boolean }): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  if (!answered && CONNECTION_CODES.has(code)) return new ConnectionError(code, kept, error);
  return new UpstreamError('unreachable', code, error);
}
