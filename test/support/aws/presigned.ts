import { createHash, createHmac } from 'node:crypto';

/**
 * The signature that AWS would compute for a presigned GET, from its own parts and the secret key of its access key:
 * Signature Version 4 by its description, on its own feet.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param url without the scheme: `host/?query`
 */
export function expectedSignature(url: string, secretAccessKey: string): string {
  const { host, pathname, searchParams } = new URL(`http://${url}`);
  const [, ...scope] = (searchParams.get('X-Amz-Credential') ?? '').split('/');
  searchParams.delete('X-Amz-Signature');
  const query = [...searchParams]
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`)
    .sort()
    .join('&');
  const request = ['GET', pathname, query, `host:${host}\n`, 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', searchParams.get('X-Amz-Date'), scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part).digest(), `AWS4${secretAccessKey}`);
  return hmac(key, toSign).digest('hex');
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string) {
  return createHmac('sha256', key).update(text);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
