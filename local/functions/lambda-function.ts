import { randomUUID } from 'node:crypto';
import type { FunctionModel } from '../assembly/model.ts';
import { PAYLOAD_LIMIT_BYTES } from '../http/payload-limits.ts';
import { Instance, type LineSink } from './instance.ts';
import type { Outcome } from './invocation.ts';

/** The most instances of one function on this machine; further events wait for a free one. */
export const INSTANCES_LIMIT = 32;

/** A function of the template. It starts instances on demand; each one handles one event at a time. */
export class LambdaFunction {
  readonly #model: FunctionModel;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #onLine: LineSink;
  readonly #idle: Instance[] = [];
  readonly #waiting: ((instance: Instance) => void)[] = [];
  readonly #all = new Set<Instance>();
  #closed = false;

  constructor(model: FunctionModel, variables: Readonly<Record<string, string>>, onLine: LineSink) {
    this.#model = model;
    this.#variables = variables;
    this.#onLine = onLine;
  }

  /** Calls `onTaken` when an instance takes the event. */
  async invoke(event: object, onTaken: () => void = () => {}): Promise<Outcome> {
    const payload = JSON.stringify(event);
    if (Buffer.byteLength(payload) > PAYLOAD_LIMIT_BYTES) return { kind: 'too-large' };
    const instance = this.#take();
    if (instance === 'throttled') return { kind: 'throttled' };
    const taken = await instance;
    onTaken();
    const outcome = await taken.invoke(randomUUID(), payload);
    this.#release(taken);
    if (outcome.kind === 'failed') this.#onLine(`${outcome.errorType}: ${outcome.message}`, 'stderr');
    return withinLimit(outcome);
  }

  /**
   * Takes no new events, and ends each instance after its event. Resolves when no instance needs the bundle any more.
   */
  async drain(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((instance) => instance.loaded()));
    await Promise.all(this.#idle.splice(0).map((instance) => this.#discard(instance)));
  }

  /** Ends every instance at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((instance) => this.#discard(instance)));
  }

  /** Takes the instance that was used last: its connections are warm. */
  #take(): Promise<Instance> | Instance | 'throttled' {
    const idle = this.#idle.pop();
    if (idle?.usable) return idle;
    if (idle) return this.#take();
    const { reservedConcurrency } = this.#model;
    if (reservedConcurrency !== null && this.#all.size >= reservedConcurrency) return 'throttled';
    if (this.#all.size >= INSTANCES_LIMIT) return new Promise((resolve) => this.#waiting.push(resolve));
    return this.#create();
  }

  #create(): Instance {
    const instance = new Instance(this.#model, this.#variables, this.#onLine);
    this.#all.add(instance);
    return instance;
  }

  #release(instance: Instance): void {
    const next = this.#waiting.shift();
    if (!instance.usable || (this.#closed && !next)) void this.#discard(instance);
    if (next) next(instance.usable ? instance : this.#create());
    else if (instance.usable && !this.#closed) this.#idle.push(instance);
  }

  async #discard(instance: Instance): Promise<void> {
    this.#all.delete(instance);
    await instance.end();
  }
}

/** A reply over the limit is an error of the function. */
function withinLimit(outcome: Outcome): Outcome {
  if (outcome.kind !== 'replied' || Buffer.byteLength(outcome.payload) <= PAYLOAD_LIMIT_BYTES) return outcome;
  return { kind: 'failed', errorType: 'Function.ResponseSizeTooLarge', message: 'reply over 6 MB' };
}
