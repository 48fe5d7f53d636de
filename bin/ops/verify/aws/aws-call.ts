import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Decoder, decodeJson, object, string, withDefault } from '../../../../lambdas/contract/decode.ts';
import { OpsError } from '../../errors.ts';
import { NO_REGION } from '../../operator-client.ts';

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;

/** An AWS service that speaks JSON over one address (AWS JSON 1.0 and 1.1 of Smithy). */
interface Service {
  /** Used in the signature, and as the first label of the host. */
  readonly name: string;
  readonly target: string;
  readonly contentType: string;
  /** The variable with which the AWS SDKs replace the service's address. */
  readonly endpointVariable: string;
}

export const CLOUDWATCH: Service = {
  name: 'monitoring',
  target: 'GraniteServiceVersion20100801',
  contentType: 'application/x-amz-json-1.0',
  endpointVariable: 'AWS_ENDPOINT_URL_CLOUDWATCH',
};

export const LOGS: Service = {
  name: 'logs',
  target: 'Logs_20140328',
  contentType: 'application/x-amz-json-1.1',
  endpointVariable: 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
};

/** @throws OpsError if the service refuses or does not answer */
export type AwsCall = <T>(operation: string, input: object, decoder: Decoder<T>) => Promise<T>;

/**
 * Calls AWS without an SDK package for each service. The Lambda client, a dependency anyway, finds region and
 * credentials.
 */
export function createAwsCall(service: Service, region: string | undefined, env = process.env): AwsCall {
  const { config } = new LambdaClient(region === undefined ? {} : { region });
  return async (operation, input, decoder) => {
    const resolved = await config.region().catch((cause) => {
      throw new OpsError(NO_REGION, { cause });
    });
    const url = endpointOf(service, resolved, env);
    const signer = new SignatureV4({
      service: service.name,
      region: resolved,
      sha256: Sha256,
      credentials: config.credentials,
    });
    const body = JSON.stringify(input);
    const answer = await repeated(async () => {
      const signed = await signer.sign(unsigned(service, url, operation, body));
      const response = await fetch(url, {
        method: 'POST',
        headers: signed.headers,
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: response.status, body: await response.text() };
    });
    if (answer.status !== 200) throw new OpsError(`${operation}: ${refusalOf(answer)}`);
    return decodeJson(decoder, answer.body || '{}', operation);
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function unsigned({ target, contentType }: Service, url: URL, operation: string, body: string): HttpRequest {
  return new HttpRequest({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: { host: url.host, 'content-type': contentType, 'x-amz-target': `${target}.${operation}` },
    body,
  });
}

function endpointOf({ name, endpointVariable }: Service, region: string, env: NodeJS.ProcessEnv): URL {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(env[endpointVariable] || env['AWS_ENDPOINT_URL'] || `https://${name}.${region}.${suffix}`);
}

/** AWS allows 5 to 10 calls of FilterLogEvents a second. */
async function repeated(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let count = 1; ; count += 1) {
    const answer = await attempt().catch((cause) => {
      if (count < ATTEMPTS && (cause as Error).name !== 'CredentialsProviderError') return undefined;
      throw new OpsError(`AWS cannot be asked: ${(cause as Error).message}`, { cause });
    });
    const passes = answer === undefined || answer.status >= 500 || /Throttl/.test(refusalOf(answer));
    if (answer !== undefined && (!passes || count === ATTEMPTS)) return answer;
    await sleep(FIRST_PAUSE_MS * 2 ** count);
  }
}

const failure = object({
  __type: withDefault(string, ''),
  message: withDefault(string, ''),
  Message: withDefault(string, ''),
});

function refusalOf({ status, body }: Answer): string {
  if (status === 200) return '';
  try {
    const { __type, message, Message } = decodeJson(failure, body, 'error');
    return `${__type.replace(/^.*#/, '')}: ${message || Message}`;
  } catch {
    return `status ${status}`;
  }
}
