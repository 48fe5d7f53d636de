import { CIRCUIT_DEFAULTS, type FallbackPolicy } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import {
  checkProps,
  isObject,
  type Kind,
  NUMBER,
  optional,
  type PropKinds,
  required,
  text,
} from '../props/check-props.ts';
import { wholeNumber } from '../props/whole-number.ts';

/** The answer to requests that a circuit rejects. */
export interface FallbackProps {
  /** At most 64 KB of UTF-8. */
  readonly body: string;
  /**
   * Between 200 and 599; from 500 on the answer has `Retry-After`.
   *
   * @default 503
   */
  readonly status?: number;
  /** @default 'application/json' */
  readonly contentType?: string;
}

export const FALLBACK: Kind = {
  is: (value) => isObject(value) && !Array.isArray(value),
  rule: 'an object',
  fix: 'write one like { status: 200, body: \'{"items":[]}\' }',
};

const PROPS = {
  body: required(text('{"items":[]}')),
  status: optional(NUMBER),
  contentType: optional(text('text/plain; charset=utf-8')),
} satisfies PropKinds<FallbackProps>;

const STATUS = { min: 200, max: 599, fix: 'write one that clients understand, such as 503 or 200' };
/** An instance reads it when it starts, and keeps it. */
const MAX_BODY_BYTES = 65_536;
/** RFC 9110 §8.3: a media type with its parameters, no character among them that a header field cannot hold. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[ -~]*)?$/;
const JSON_TYPE = /^[^;]*[/+]json[ \t]*(?:;|$)/i;
/** RFC 9110 §15: answers of these statuses have no content. */
const WITHOUT_CONTENT = [204, 205, 304];

/** @throws InvalidPropError for an answer that cannot be given, or is no JSON where it says that it is */
export function fallbackPolicy(props: FallbackProps | undefined): FallbackPolicy | null {
  if (props === undefined) return CIRCUIT_DEFAULTS.fallback;
  return about('fallback', () => {
    checkProps(props, PROPS);
    const { body, contentType = 'application/json' } = props;
    const status = wholeNumber('status', props.status ?? 503, STATUS);
    if (contentType.length > 100 || !MEDIA_TYPE.test(contentType)) {
      throw new InvalidPropError(
        `contentType must be a media type of at most 100 characters, got ${JSON.stringify(contentType)}: write one like 'application/json'`,
      );
    }
    checkBody(body, status, contentType);
    return { status, contentType, body };
  });
}

function checkBody(body: string, status: number, contentType: string): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw new InvalidPropError(
      `body must be at most ${MAX_BODY_BYTES} bytes, got ${bytes}: each instance reads it when it starts; give a shorter one`,
    );
  }
  if (WITHOUT_CONTENT.includes(status)) {
    if (body === '') return;
    throw new InvalidPropError(
      `body must be '' with status ${status}, got ${bytes} bytes: its answer has no content; write body: '', or status: 200`,
    );
  }
  if (JSON_TYPE.test(contentType) && !isJson(body)) {
    throw new InvalidPropError(
      `body must be JSON where contentType is ${contentType}, got ${JSON.stringify(body.slice(0, 40))}: write JSON.stringify({ … }), or another contentType`,
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
