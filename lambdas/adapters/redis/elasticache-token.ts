import { Sha256 } from '@smithy/core/checksum';
import { buildQueryString, HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CacheLogin } from '../../contract/cache-login.ts';
import { credentialsFrom } from '../aws-credentials.ts';

/** The longest lifetime that ElastiCache accepts. */
const LIFETIME_SECONDS = 900;

export interface TokenOptions {
  readonly region: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Signs tokens that ElastiCache accepts as a password for 15 minutes. A token is the URL of a presigned GET of the cache's
 * name, without the scheme. Signing needs the environment's credentials and no network.
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
 *
 * @returns a function that rejects where there are no credentials
 */
export function elastiCacheTokens(
  { user, cache, serverless }: CacheLogin,
  { region, clock }: TokenOptions,
): () => Promise<string> {
  const credentials = credentialsFrom(process.env);
  const signer = new SignatureV4({ service: 'elasticache', region, credentials, sha256: Sha256 });
  const hostname = cache.toLowerCase();
  const request = new HttpRequest({
    method: 'GET',
    protocol: 'http:',
    hostname,
    path: '/',
    headers: { host: hostname },
    query: { Action: 'connect', User: user, ...(serverless && { ResourceType: 'ServerlessCache' }) },
  });
  return async () => {
    const signed = await signer.presign(request, { signingDate: new Date(clock()), expiresIn: LIFETIME_SECONDS });
    return `${hostname}/?${buildQueryString(signed.query ?? {})}`;
  };
}
