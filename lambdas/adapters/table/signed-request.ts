import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { credentialsFrom } from '../aws-credentials.ts';
import { isProtected } from '../http/bounded-http.ts';
import type { Operation } from './table-client.ts';

export interface SigningOptions {
  /** Lambda puts the region and the credentials here. They are read for each call, since Lambda may renew them. */
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** @returns the headers of a call of DynamoDB at this address, its signature among them */
export function signerFor(url: URL, { env, clock }: SigningOptions) {
  const signer = new SignatureV4({
    service: 'dynamodb',
    region: regionOf(env),
    sha256: Sha256,
    credentials: credentialsFrom(env),
  });
  return async (operation: Operation, body: string): Promise<Readonly<Record<string, string>>> => {
    const unsigned = new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body,
    });
    return (await signer.sign(unsigned, { signingDate: new Date(clock()) })).headers;
  };
}

function regionOf(env: NodeJS.ProcessEnv): string {
  const region = env['AWS_REGION'];
  if (!region) throw new TypeError('AWS_REGION must be set: Lambda sets it');
  return region;
}

/** @throws TypeError naming the variable that is wrong or missing */
export function endpointOf(env: NodeJS.ProcessEnv): URL {
  const own = env['AWS_ENDPOINT_URL_DYNAMODB'];
  const region = regionOf(env);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(own || `https://dynamodb.${region}.${suffix}`);
  if (!isProtected(url)) {
    throw new TypeError(
      `AWS_ENDPOINT_URL_DYNAMODB must be https, or http on this machine, got ${own}: leave it out for AWS's own`,
    );
  }
  return url;
}
