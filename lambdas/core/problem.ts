/**
 * What the gateway itself may answer, by its stable code (RFC 9457 problem details). The type is `about:blank`, so the
 * title is the status phrase (§4.2.1), and the code says the rest.
 */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  invalid_token: { status: 401, title: 'Unauthorized' },
  insufficient_scope: { status: 403, title: 'Forbidden' },
  rate_limited: { status: 429, title: 'Too Many Requests' },
  internal_error: { status: 500, title: 'Internal Server Error' },
  bad_gateway: { status: 502, title: 'Bad Gateway' },
  circuit_open: { status: 503, title: 'Service Unavailable' },
  upstream_timeout: { status: 504, title: 'Gateway Timeout' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * An answer of the gateway's own. A stage of the pipeline throws it to leave the pipeline early; it is not an `Error`,
 * since it is an expected outcome and a stack trace costs more than the rest of a refusal.
 */
export class Problem {
  readonly code: ProblemCode;
  /** For the client: nothing internal, no secret. */
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    this.code = code;
    this.detail = detail;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** The `application/problem+json` document. */
  body(requestId: string): string {
    const { status, title } = PROBLEMS[this.code];
    return JSON.stringify({
      type: 'about:blank',
      title,
      status,
      detail: this.detail,
      code: this.code,
      request_id: requestId,
    });
  }
}
