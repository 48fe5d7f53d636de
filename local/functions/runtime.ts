import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { InstanceData, InstanceMessage, InvokeMessage } from './protocol.ts';

/** Runs in the worker: loads the bundle and invokes its handler, the way Lambda's runtime does. */
type Handler = (event: unknown, context: object) => unknown;

const data = workerData as InstanceData;

function send(message: InstanceMessage): void {
  parentPort?.postMessage(message);
}

async function loadHandler(): Promise<Handler> {
  const module = (await import(pathToFileURL(data.file).href)) as Record<string, unknown>;
  // A CommonJS bundle's exports are the default export of its namespace.
  const handler = module[data.exportName] ?? (module['default'] as Record<string, unknown>)?.[data.exportName];
  if (typeof handler !== 'function') throw new Error(`${data.exportName} is undefined or not exported`);
  return handler as Handler;
}

async function invoke(handler: Handler, { requestId, payload, deadlineMs }: InvokeMessage): Promise<void> {
  try {
    const reply = await handler(JSON.parse(payload), contextOf(requestId, deadlineMs));
    send({ kind: 'replied', payload: JSON.stringify(reply) ?? 'null' });
  } catch (error) {
    console.error(error);
    send({ kind: 'failed', ...describe(error) });
  }
}

function contextOf(awsRequestId: string, deadlineMs: number): object {
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: String(data.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function describe(error: unknown): { readonly errorType: string; readonly message: string } {
  return error instanceof Error
    ? { errorType: error.name, message: error.message }
    : { errorType: 'Error', message: String(error) };
}

try {
  const handler = await loadHandler();
  parentPort?.on('message', (message: InvokeMessage) => void invoke(handler, message));
  send({ kind: 'ready' });
} catch (error) {
  console.error(error);
  send({ kind: 'init-failed', ...describe(error) });
}
