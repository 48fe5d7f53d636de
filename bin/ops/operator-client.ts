import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { decodeJson } from '../../lambdas/contract/decode.ts';
import {
  decodeOperationResult,
  type Operation,
  type OperationResult,
} from '../../lambdas/contract/operations/operations.ts';
import { operatorFunctionName } from '../../lambdas/contract/operations/operator-config.ts';
import { OpsError } from './errors.ts';
import { localSecret } from './local-secret.ts';
import type { Target } from './operator-command.ts';

/** The function itself may run for half a minute. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_TIMEOUT_MS = 5000;

/** Asks the operator function of a gateway. @throws OpsError that says what to do */
export type Ask = (operation: Operation) => Promise<OperationResult>;

export const NO_REGION =
  'no AWS region is set: give --region, set AWS_REGION, or ask the gateway of npm start with --local';

/**
 * @param isRepeatable false for an operation that must not run twice: it is not repeated if the answer is lost
 * @param secretOf the secret of the gateway of `npm start` on a port
 * @throws OpsError if there is no secret
 */
export function createAsk(target: Target, { isRepeatable = true, secretOf = localSecret } = {}): Ask {
  const client = new LambdaClient({ ...clientConfig(target, secretOf), ...(!isRepeatable && { maxAttempts: 1 }) });
  const FunctionName = operatorFunctionName(target.gateway);
  return async (operation) => {
    const { FunctionError, Payload } = await client
      .send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(operation) }))
      .catch(async (error) => {
        throw explained(error, FunctionName, target, await regionOf(client));
      });
    const payload = Payload?.transformToString() ?? '';
    if (FunctionError === undefined) return decodeJson(decodeOperationResult, payload, 'answer');
    throw new OpsError(`${FunctionName} failed: ${faultOf(payload)}: its log has more`);
  };
}

function clientConfig({ region, localPort }: Target, secretOf: (port: number) => string): LambdaClientConfig {
  const requestHandler = {
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  };
  if (localPort === undefined) return { requestHandler, ...(region !== undefined && { region }) };
  return {
    requestHandler,
    endpoint: `http://127.0.0.1:${localPort}`,
    region: region ?? 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: secretOf(localPort) },
  };
}

async function regionOf({ config }: LambdaClient): Promise<string> {
  return config.region().catch(() => 'no region');
}

function faultOf(payload: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: unknown; errorMessage?: unknown };
    return [errorType, errorMessage].filter((part) => typeof part === 'string').join(': ');
  } catch {
    return payload.slice(0, 200);
  }
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

function explained(error: unknown, functionName: string, { localPort }: Target, region: string): OpsError {
  const { name = '', code = '', message = '' } = error as SdkError;
  const known = explanation({ name, code, message }, functionName, localPort, region);
  return new OpsError(known ?? `${functionName} cannot be asked: ${name}: ${message || code}`, { cause: error });
}

function explanation(
  { name, code, message }: Required<SdkError>,
  functionName: string,
  localPort: number | undefined,
  region: string,
): string | undefined {
  if (localPort !== undefined && code === 'ECONNREFUSED') {
    return `nothing listens on 127.0.0.1:${localPort}: run npm start, or give the port that it prints as --local PORT`;
  }
  if (localPort !== undefined && name === 'InvalidSignatureException') {
    return `the gateway on 127.0.0.1:${localPort} is not one of this checkout: run the command in the checkout that started it`;
  }
  if (message.includes('Region is missing')) {
    return NO_REGION;
  }
  switch (name) {
    case 'ResourceNotFoundException':
      return localPort === undefined
        ? `there is no function ${functionName} in ${region}: name the gateway with --gateway, or its region with --region`
        : `the gateway on port ${localPort} has no function ${functionName}: name it with --gateway (${message})`;
    case 'CredentialsProviderError':
      return `no AWS credentials were found: log in with the AWS CLI, or set AWS_PROFILE (${message})`;
    case 'AccessDeniedException':
      return `AWS does not let you invoke ${functionName}: ask for lambda:InvokeFunction on it (${message})`;
    case 'ExpiredTokenException':
    case 'InvalidSignatureException':
    case 'UnrecognizedClientException':
      return `AWS does not accept the credentials: log in again (${message})`;
    default:
      return undefined;
  }
}
