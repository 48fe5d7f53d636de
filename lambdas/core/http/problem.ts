/**
 * The problems that the gateway itself answers, by stable code (RFC 9457 problem details). The type is `about:blank`, so the
 * title is the status phrase (§4.2.1), and the code says the rest; only quotas have types of their own.
 */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  invalid_token: { status: 401, title: 'Unauthorized' },
  insufficient_scope: { status: 403, title: 'Forbidden' },
  rate_limited: { status: 429, title: 'Too Many Requests' },
  too_many_concurrent: { status: 429, title: 'Too Many Requests' },
  internal_error: { status: 500, title: 'Internal Server Error' },
  bad_gateway: { status: 502, title: 'Bad Gateway' },
  circuit_open: { status: 503, title: 'Service Unavailable' },
  limits_unavailable: { status: 503, title: 'Service Unavailable' },
  upstream_timeout: { status: 504, title: 'Gateway Timeout' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * The types that draft-ietf-httpapi-ratelimit-headers-11 §10.2 asks IANA to register, with their titles. The status
 * that it recommends for the second is 503. An instance that counts alone answers 429 all the same, since the client must
 * react as to any limit.
 */
const QUOTA_TITLES = {
  'quota-exceeded': 'Quota Exceeded',
  'temporary-reduced-capacity': 'Temporary Reduced Capacity',
} as const;

const QUOTA_TYPES = 'https://iana.org/assignments/http-problem-types#';

/** Which quotas a request exceeded, by the names of their limits. */
export interface QuotaProblem {
  readonly type: keyof typeof QUOTA_TITLES;
  readonly violatedPolicies: readonly string[];
}

/**
 * An answer that the gateway itself gives. A stage throws it to leave the pipeline early. It is not an `Error`: it is an
 * expected outcome, and a stack trace costs more than the rest of a refusal.
 */
export class Problem {
  readonly code: ProblemCode;
  /** For the client: nothing internal, no secret. */
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly quota: QuotaProblem | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    quota: QuotaProblem | undefined = undefined,
  ) {
    this.code = code;
    this.detail = detail;
    this.headers = headers;
    this.quota = quota;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** The `application/problem+json` document. */
  body(requestId: string): string {
    const { code, detail, quota } = this;
    const { status, title } = PROBLEMS[code];
    const kind =
      quota === undefined
        ? { type: 'about:blank', title }
        : { type: `${QUOTA_TYPES}${quota.type}`, title: QUOTA_TITLES[quota.type] };
    const violated = quota && { 'violated-policies': quota.violatedPolicies };
    return JSON.stringify({ ...kind, status, detail, code, request_id: requestId, ...violated });
  }
}

/** A problem in place of the upstream's answer. */
export class UpstreamProblem extends Problem {
  /** Why the answer is missing or cannot be returned, for the log. */
  readonly fault: string;

  constructor(code: ProblemCode, detail: string, fault: string) {
    super(code, detail);
    this.fault = fault;
  }
}
