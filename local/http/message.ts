/** Header names with values in the order they came; names keep their case and may repeat. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** A complete request as received. */
export interface Request {
  readonly method: string;
  /** Path and query as sent, still encoded. */
  readonly target: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The body exceeded the limit and was not kept. */
  readonly bodyTooLarge?: boolean;
  readonly sourceIp: string;
}

export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** The first value of a header, by its lower-case name. */
export function header(headers: Headers, name: string): string | undefined {
  return headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}
