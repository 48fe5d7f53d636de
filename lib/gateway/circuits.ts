import { Lazy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { timingOf } from '../../lambdas/contract/circuit-policy.ts';
import {
  type CircuitConfig,
  type CircuitsConfig,
  encodeCircuitsConfig,
} from '../../lambdas/contract/circuits-config.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { checkEnvironmentSize } from './function-environment.ts';

/** The circuits of a gateway, as the functions are told of them that move or show them. */
export class Circuits {
  readonly #scope: Construct;
  readonly #config: Omit<CircuitsConfig, 'services'>;
  readonly #services: Record<string, CircuitConfig> = {};
  readonly #environments: Readonly<Record<string, string>>[] = [];

  constructor(scope: Construct, config: Omit<CircuitsConfig, 'services'>) {
    this.#scope = scope;
    this.#config = config;
  }

  /** The variables of a function that is told of them, with what else it is told. */
  environment(others: Readonly<Record<string, string>>): Record<string, string> {
    this.#environments.push(others);
    // Written at synthesis, when the last service has been added.
    return { ...others, [Env.circuits]: Lazy.string({ produce: () => this.#encoded() }) };
  }

  /** @throws InvalidPropError when one of the functions cannot be told of so many */
  add(service: string, circuit: CircuitConfig): void {
    this.#services[service] = { ...timingOf(circuit), shadow: circuit.shadow };
    for (const others of this.#environments) {
      checkEnvironmentSize(
        this.#scope,
        { ...others, [Env.circuits]: this.#encoded() },
        'split the services over two gateways, or give some CircuitBreaker.none()',
      );
    }
  }

  #encoded(): string {
    return encodeCircuitsConfig({ ...this.#config, services: this.#services });
  }
}
