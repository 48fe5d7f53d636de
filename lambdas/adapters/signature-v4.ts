import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Empty for credentials that are not temporary. */
  readonly sessionToken: string;
}

export interface SigningScope {
  readonly region: string;
  /** `dynamodb`: the name that AWS signs by. */
  readonly service: string;
  readonly credentials: Credentials;
}

/** The header fields that authenticate a `POST /` of `body` (AWS Signature Version 4); `headers` come back with them. */
export function signedHeaders(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  { region, service, credentials }: SigningScope,
  nowMs: number,
): Record<string, string> {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const signed: Record<string, string> = { ...headers, 'x-amz-date': time };
  if (credentials.sessionToken !== '') signed['x-amz-security-token'] = credentials.sessionToken;

  const names = Object.keys(signed).sort();
  const fields = names.map((name) => `${name}:${signed[name]}\n`).join('');
  const canonicalRequest = `POST\n/\n\n${fields}\n${names.join(';')}\n${sha256(body)}`;

  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonicalRequest)}`;
  const key = ['aws4_request', service, region, date].reduceRight<string | Buffer>(
    (secret, part) => hmac(secret, part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).digest('hex');
  signed['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return signed;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string) {
  return createHmac('sha256', key).update(data);
}
