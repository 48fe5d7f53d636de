import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { header, type Request } from '../http/message.ts';

/** The key id in `Credential`; it is not secret. */
export const ACCESS_KEY_ID = 'local';
/** AWS's limit: an attacker can repeat a captured request for this time. */
const CLOCK_SKEW_MS = 5 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=[\w-]+\/\d{8}\/([a-z\d-]+)\/lambda\/aws4_request, SignedHeaders=([a-z\d;-]+), Signature=[a-f\d]{64}$/;
const CONTENT_HASH = 'x-amz-content-sha256';

/**
 * Checks whether a request was signed with this secret, by Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createVerifier(secretAccessKey: string, nowMs = Date.now): (request: Request) => Promise<boolean> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey },
    region: 'us-east-1',
    service: 'lambda',
    sha256: Sha256,
    applyChecksum: false,
  });
  return async (request) => {
    const given = header(request.headers, 'authorization') ?? '';
    const [, signingRegion, names] = AUTHORIZATION.exec(given) ?? [];
    const signingDate = dateOf(header(request.headers, 'x-amz-date') ?? '');
    if (signingRegion === undefined || names === undefined || signingDate === undefined) return false;
    if (Math.abs(nowMs() - signingDate.getTime()) > CLOCK_SKEW_MS) return false;
    const signed = names.split(';');
    const options = { signingDate, signingRegion, signableHeaders: new Set(signed) };
    const expected = await signer.sign(signable(request, signed), options);
    return isSame(given, expected.headers['authorization'] ?? '');
  };
}

/** The request as its client signed it, but with the real hash of its body. */
function signable({ method, target, headers, body }: Request, signed: readonly string[]): HttpRequest {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const values = signed.map((name) => [name, name === CONTENT_HASH ? sha256(body) : (header(headers, name) ?? '')]);
  return new HttpRequest({
    method,
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: Object.fromEntries(values),
    body,
  });
}

/** The time of `20261124T120000Z`; undefined for other texts. */
function dateOf(text: string): Date | undefined {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const date = new Date(`${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
