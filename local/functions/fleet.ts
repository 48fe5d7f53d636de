import type { FunctionModel } from '../assembly/model.ts';
import type { LineSink } from './instance.ts';
import type { Invoke, Outcome } from './invocation.ts';
import { LambdaFunction } from './lambda-function.ts';

/** A function's model and the environment variables of its instances. */
export interface Deployment {
  readonly model: FunctionModel;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Invocation {
  readonly functionName: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

export interface FleetOptions {
  readonly onLine: (functionName: string, ...line: Parameters<LineSink>) => void;
  readonly onInvocation: (invocation: Invocation) => void;
  readonly nowMs: () => number;
}

/** All functions of the gateway. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #functions = new Map<string, { readonly deployed: string; readonly lambda: LambdaFunction }>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  readonly invoke: Invoke = async (functionName, event, timeoutMs) => {
    const lambda = this.#functions.get(functionName)?.lambda;
    if (!lambda) return { kind: 'failed', errorType: 'ResourceNotFound', message: `no function ${functionName}` };
    let waiting = true;
    const onTaken = () => {
      waiting = false;
    };
    const late = (): Outcome => ({ kind: 'late', waiting });
    return withTimeout(this.#measured(functionName, lambda, event, onTaken), timeoutMs, late);
  };

  /** Deploys these functions. A function with the same bundle and settings keeps its instances. */
  async deploy(deployments: readonly Deployment[]): Promise<readonly string[]> {
    const names = new Set(deployments.map(({ model }) => model.name));
    const removed = [...this.#functions].filter(([name]) => !names.has(name));
    const changed = deployments.filter((one) => this.#functions.get(one.model.name)?.deployed !== fingerprint(one));
    const old = [
      ...removed.map(([, entry]) => entry),
      ...changed.flatMap(({ model }) => this.#functions.get(model.name) ?? []),
    ];
    for (const [name] of removed) this.#functions.delete(name);
    for (const one of changed)
      this.#functions.set(one.model.name, { deployed: fingerprint(one), lambda: this.#start(one) });
    await Promise.all(old.map(({ lambda }) => lambda.drain()));
    return changed.map(({ model }) => model.name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#functions.values()].map(({ lambda }) => lambda.close()));
  }

  #start({ model, variables }: Deployment): LambdaFunction {
    return new LambdaFunction(model, variables, (line, stream) => this.#options.onLine(model.name, line, stream));
  }

  async #measured(functionName: string, lambda: LambdaFunction, event: object, onTaken: () => void): Promise<Outcome> {
    const { nowMs, onInvocation } = this.#options;
    const startMs = nowMs();
    const outcome = await lambda.invoke(event, onTaken);
    onInvocation({ functionName, outcome, durationMs: nowMs() - startMs });
    return outcome;
  }
}

/** Names of the directories hold hashes of their content; their place does not matter. */
function fingerprint({ model, variables }: Deployment): string {
  const { codeDir, ...settings } = model;
  return JSON.stringify([codeDir.split('/').at(-1), settings, variables]);
}

async function withTimeout(outcome: Promise<Outcome>, timeoutMs: number, late: () => Outcome): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(late()), timeoutMs);
  });
  return Promise.race([outcome, expired]).finally(() => clearTimeout(timer));
}
