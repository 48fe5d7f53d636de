import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FunctionModel } from '../assembly/model.ts';
import type { Outcome } from './invocation.ts';
import { onLines } from './output-lines.ts';
import type { InstanceData, InstanceMessage, InvokeMessage } from './protocol.ts';

export type LineSink = (line: string, stream: 'stdout' | 'stderr') => void;

/** Lambda's limit for loading an instance. */
const INIT_TIMEOUT_MS = 10_000;

/** An instance of a function: one worker, one event at a time. It is used until it ends. */
export class Instance {
  readonly #worker: Worker;
  readonly #model: FunctionModel;
  #receive: ((message: InstanceMessage) => void) | undefined;
  #ended = false;
  readonly #ready: Promise<InstanceMessage>;

  constructor(model: FunctionModel, variables: Readonly<Record<string, string>>, onLine: LineSink) {
    this.#model = model;
    this.#worker = new Worker(new URL('./runtime.ts', import.meta.url), {
      env: { ...variables },
      execArgv: ['--enable-source-maps', '--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: model.memoryMb },
      stdout: true,
      stderr: true,
      workerData: instanceData(model),
    });
    onLines(this.#worker.stdout, (line) => onLine(line, 'stdout'));
    onLines(this.#worker.stderr, (line) => onLine(line, 'stderr'));
    this.#worker.on('message', (message: InstanceMessage) => this.#receive?.(message));
    this.#worker.on('error', (error) => this.#end(error.name, error.message));
    this.#worker.on('exit', (code) => this.#end('Runtime.ExitError', `the instance ended with exit code ${code}`));
    this.#ready = this.#next(INIT_TIMEOUT_MS);
  }

  /** False after its worker has ended: it takes no further event. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Resolves when the bundle was loaded or failed to load. */
  async loaded(): Promise<void> {
    await this.#ready;
  }

  /** Sends an event to the handler; its timeout begins when the instance is ready. */
  async invoke(requestId: string, payload: string): Promise<Outcome> {
    const init = await this.#ready;
    if (init.kind !== 'ready') {
      await this.end();
      return init.kind === 'init-failed' ? { ...init, kind: 'failed' } : (init as Outcome);
    }
    if (this.#ended) return { kind: 'failed', errorType: 'Runtime.ExitError', message: 'the instance has ended' };
    const reply = this.#next(this.#model.timeoutMs);
    const deadlineMs = Date.now() + this.#model.timeoutMs;
    this.#worker.postMessage({ requestId, payload, deadlineMs } satisfies InvokeMessage);
    return (await reply) as Outcome;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  #next(timeoutMs: number): Promise<InstanceMessage> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#expire(timeoutMs), timeoutMs);
      this.#receive = (message) => {
        clearTimeout(timer);
        this.#receive = undefined;
        resolve(message);
      };
    });
  }

  /** Lambda ends an instance after a timeout. */
  #expire(timeoutMs: number): void {
    this.#end('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`);
    void this.end();
  }

  #end(errorType: string, message: string): void {
    this.#ended = true;
    this.#receive?.({ kind: 'failed', errorType, message });
  }
}

function instanceData(model: FunctionModel): InstanceData {
  const [, module = '', exportName = ''] = /^(.*)\.([^.]+)$/.exec(model.handler) ?? [];
  return {
    file: bundleFile(model.codeDir, module),
    exportName,
    functionName: model.name,
    functionArn: model.arn,
    memoryMb: model.memoryMb,
  };
}

/** Lambda's runtime looks for files in this order. */
function bundleFile(dir: string, module: string): string {
  const files = ['.js', '.mjs', '.cjs'].map((extension) => join(dir, `${module}${extension}`));
  return files.find((file) => existsSync(file)) ?? join(dir, `${module}.mjs`);
}
