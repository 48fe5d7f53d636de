import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an AWS service answers: a value is a 200, an error one of AWS's. */
export type AwsAnswer = object | { readonly refusal: string; readonly message: string };
/** By operation: `GetMetricData`, `FilterLogEvents`, `Invoke`. */
// biome-ignore lint/suspicious/noExplicitAny: each operation has an input of its own
export type AwsOperations = Readonly<Record<string, (input: any) => AwsAnswer | Promise<AwsAnswer>>>;

export interface AwsDouble {
  /** What the AWS SDKs and the command read to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Operations in the order in which they were asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** CloudWatch, CloudWatch Logs and Lambda's Invoke behind one address, asked as the SDKs ask: signed, in JSON. */
export async function serveAws(operations: AwsOperations): Promise<AwsDouble> {
  const asked: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const input = JSON.parse((await text(incoming)) || '{}');
    const operation = operationOf(incoming);
    asked.push(operation);
    const answer = isSigned(incoming)
      ? await (operations[operation]?.(input) ?? { refusal: 'UnknownOperationException', message: operation })
      : { refusal: 'MissingAuthenticationToken', message: 'not signed' };
    const isRefusal = 'refusal' in answer;
    const body = isRefusal ? { __type: `com.amazonaws#${answer.refusal}`, message: answer.message } : answer;
    outgoing.writeHead(isRefusal ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function operationOf({ headers, url = '' }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  return url.includes('/invocations') ? 'Invoke' : target.slice(target.indexOf('.') + 1);
}

function isSigned({ headers }: IncomingMessage): boolean {
  const scope = /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/(monitoring|logs|lambda)\//;
  return scope.test(headers.authorization ?? '');
}
