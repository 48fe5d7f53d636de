import { timingOf } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import type { CircuitConfig, CircuitsConfig } from '../../../lambdas/contract/circuit/circuits-config.ts';

/** The circuits of a gateway, for the functions that move or show them. */
export class Circuits {
  readonly #config: Omit<CircuitsConfig, 'services'>;
  readonly #services: Record<string, CircuitConfig> = {};

  constructor(config: Omit<CircuitsConfig, 'services'>) {
    this.#config = config;
  }

  add(service: string, circuit: CircuitConfig): void {
    this.#services[service] = { ...timingOf(circuit), shadow: circuit.shadow };
  }

  /** With the services that have been added until now. */
  get config(): CircuitsConfig {
    return { ...this.#config, services: this.#services };
  }
}
