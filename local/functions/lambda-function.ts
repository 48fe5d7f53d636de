import { randomUUID } from 'node:crypto';
import type { FunctionModel } from '../assembly/model.ts';
import { PAYLOAD_LIMIT_BYTES } from '../http/limits.ts';
import { Environment, type LineSink } from './environment.ts';
import type { Outcome } from './invocation.ts';

/** The most environments of one function on this machine; further events wait for a free one. */
export const ENVIRONMENTS_LIMIT = 32;

/** A function of the template: environments that are made when they are needed, each with one event at a time. */
export class LambdaFunction {
  readonly #model: FunctionModel;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #onLine: LineSink;
  readonly #idle: Environment[] = [];
  readonly #waiting: ((environment: Environment) => void)[] = [];
  readonly #all = new Set<Environment>();
  #closed = false;

  constructor(model: FunctionModel, variables: Readonly<Record<string, string>>, onLine: LineSink) {
    this.#model = model;
    this.#variables = variables;
    this.#onLine = onLine;
  }

  /** Calls `onTaken` when an environment takes the event. */
  async invoke(event: object, onTaken: () => void = () => {}): Promise<Outcome> {
    const payload = JSON.stringify(event);
    if (Buffer.byteLength(payload) > PAYLOAD_LIMIT_BYTES) return { kind: 'too-large' };
    const environment = this.#take();
    if (environment === 'throttled') return { kind: 'throttled' };
    const taken = await environment;
    onTaken();
    const outcome = await taken.invoke(randomUUID(), payload);
    this.#release(taken);
    if (outcome.kind === 'failed') this.#onLine(`${outcome.errorType}: ${outcome.message}`, 'stderr');
    return withinLimit(outcome);
  }

  /**
   * Lets events that are under way end, and then the environments; takes no new ones. Resolves when none of the
   * environments needs its bundle any more.
   */
  async drain(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((environment) => environment.loaded()));
    await Promise.all(this.#idle.splice(0).map((environment) => this.#discard(environment)));
  }

  /** Ends every environment at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((environment) => this.#discard(environment)));
  }

  /** The environment that was used last comes first: its connections are warm, and the others may stay idle. */
  #take(): Promise<Environment> | Environment | 'throttled' {
    const idle = this.#idle.pop();
    if (idle?.usable) return idle;
    if (idle) return this.#take();
    const { reservedConcurrency } = this.#model;
    if (reservedConcurrency !== null && this.#all.size >= reservedConcurrency) return 'throttled';
    if (this.#all.size >= ENVIRONMENTS_LIMIT) return new Promise((resolve) => this.#waiting.push(resolve));
    return this.#create();
  }

  #create(): Environment {
    const environment = new Environment(this.#model, this.#variables, this.#onLine);
    this.#all.add(environment);
    return environment;
  }

  #release(environment: Environment): void {
    const next = this.#waiting.shift();
    if (!environment.usable || (this.#closed && !next)) void this.#discard(environment);
    if (next) next(environment.usable ? environment : this.#create());
    else if (environment.usable && !this.#closed) this.#idle.push(environment);
  }

  async #discard(environment: Environment): Promise<void> {
    this.#all.delete(environment);
    await environment.end();
  }
}

/** A reply over the limit is an error of the function. */
function withinLimit(outcome: Outcome): Outcome {
  if (outcome.kind !== 'replied' || Buffer.byteLength(outcome.payload) <= PAYLOAD_LIMIT_BYTES) return outcome;
  return { kind: 'failed', errorType: 'Function.ResponseSizeTooLarge', message: 'reply over 6 MB' };
}
