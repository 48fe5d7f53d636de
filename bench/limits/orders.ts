import type { Plan } from './behaviour.ts';

/** What the benchmark tells the process of one limiter to do; clients are named by `clients` and a number. */
export type Order =
  /** `decisions` one after the other over one connection. */
  | { readonly order: 'one-by-one'; readonly clients: Clients; readonly decisions: number }
  /** `decisions` over all connections, on each of them one at a time. */
  | { readonly order: 'together'; readonly clients: Clients; readonly decisions: number }
  /** Counts `passes` times `units` for each client, spread over `overMs`. */
  | {
      readonly order: 'fill';
      readonly clients: Clients;
      readonly passes: number;
      readonly units: number;
      readonly overMs: number;
    }
  /** One client for each of the plans; says which requests passed. */
  | { readonly order: 'plans'; readonly plans: readonly Plan[] };

export interface Clients {
  readonly name: string;
  readonly from: number;
  readonly count: number;
  /** So many requests of one client before the next one's. @default 1 */
  readonly inARow?: number;
}

export interface Load {
  /** Requests that passed. */
  readonly passed: number;
  readonly ms: number;
  readonly medianUs: number;
  /** CPU time of the limiter's process. */
  readonly cpuUs: number;
  /** How often the connection turned from writing to reading, for one decision. */
  readonly roundTrips: number;
}
