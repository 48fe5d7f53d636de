import { createHash } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import type { Request } from '../../../local/http/message.ts';
import { createVerifier } from '../../../local/operator/signature.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const BODY = Buffer.from('{"action":"list"}');
const TARGET = '/2015-03-31/functions/a%3Ab/invocations?Qualifier=1';
const isSigned = createVerifier('secret', () => NOW_MS);

interface Changes {
  readonly secretAccessKey?: string;
  readonly service?: string;
  readonly signingDate?: Date;
  readonly applyChecksum?: boolean;
}

/** As an SDK signs and sends it; without the checksum, as the AWS CLI does. */
async function signed({ signingDate = new Date(NOW_MS), ...changes }: Changes = {}): Promise<Request> {
  const { secretAccessKey = 'secret', service = 'lambda', applyChecksum = true } = changes;
  const credentials = { accessKeyId: 'local', secretAccessKey };
  const signer = new SignatureV4({ credentials, region: 'eu-west-1', service, sha256: Sha256, applyChecksum });
  const [path = '', query = ''] = TARGET.split('?');
  const { headers } = await signer.sign(
    new HttpRequest({
      method: 'POST',
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host: '127.0.0.1:3010', 'content-type': 'application/octet-stream' },
      body: BODY,
    }),
    { signingDate },
  );
  return {
    method: 'POST',
    target: TARGET,
    protocol: 'HTTP/1.1',
    headers: [...Object.entries(headers), ['user-agent', 'sdk']],
    body: BODY,
    sourceIp: '127.0.0.1',
  };
}

function withHeader(request: Request, name: string, value: string): Request {
  return { ...request, headers: [...request.headers.filter(([other]) => other !== name), [name, value]] };
}

test.each([true, false])(
  'a request that was signed with the secret is good (hash of the body sent: %s)',
  async (applyChecksum) => {
    expect(await isSigned(await signed({ applyChecksum }))).toBe(true);
  },
);

test.each<[string, Changes]>([
  ['with another secret', { secretAccessKey: 'Secret' }],
  ['for another service', { service: 's3' }],
  ['six minutes ago', { signingDate: new Date(NOW_MS - 6 * 60_000) }],
  ['for six minutes later', { signingDate: new Date(NOW_MS + 6 * 60_000) }],
])('one that was signed %s is not', async (_, changes) => {
  expect(await isSigned(await signed(changes))).toBe(false);
});

const other = Buffer.from('{"action":"revoke"}');
test.each<[string, (request: Request) => Request]>([
  ['method', (request) => ({ ...request, method: 'PUT' })],
  ['path', (request) => ({ ...request, target: TARGET.replace('a%3Ab', 'shop-operator') })],
  ['query', (request) => ({ ...request, target: TARGET.replace('=1', '=2') })],
  ['body', (request) => ({ ...request, body: other })],
  [
    'body, with the hash of it',
    (request) =>
      withHeader({ ...request, body: other }, 'x-amz-content-sha256', createHash('sha256').update(other).digest('hex')),
  ],
  ['content type', (request) => withHeader(request, 'content-type', 'text/plain')],
  ['time', (request) => withHeader(request, 'x-amz-date', '20261124T120001Z')],
  ['time, which is none', (request) => withHeader(request, 'x-amz-date', '20269924T120001Z')],
  ['credential', (request) => withHeader(request, 'authorization', 'AWS4-HMAC-SHA256 Credential=local')],
  ['authorization, which is missing', (request) => ({ ...request, headers: [] })],
])('one whose %s was changed is not', async (_, change) => {
  expect(await isSigned(change(await signed()))).toBe(false);
});
