import { type CircuitState, circuitState } from '../circuit/circuit-state.ts';
import { array, boolean, integer, nullable, object, string } from '../decode.ts';
import { circuitDuration, openReason, operatorName, optionalReason, serviceName } from './operation-fields.ts';

/** Operations on circuits. */
export type CircuitOperation = ListCircuits | GetCircuit | MoveCircuit;

/** Operations by which an operator moves a circuit. */
export type MoveCircuit = ForceCircuit<'open-circuit'> | ForceCircuit<'close-circuit'> | ReleaseCircuit;

/** The present state of every circuit of the gateway. */
export interface ListCircuits {
  readonly action: 'list-circuits';
}

/** One circuit and its history. */
export interface GetCircuit {
  readonly action: 'get-circuit';
  readonly service: string;
}

/** Opens or closes a circuit, whatever the outcomes and alarms of its service. */
export interface ForceCircuit<Action extends 'open-circuit' | 'close-circuit'> {
  readonly action: Action;
  readonly service: string;
  /** Null: until it is released. */
  readonly forMs: number | null;
  /** Who asks, in their own words; '' if they do not say. */
  readonly by: string;
  readonly reason: string;
}

/** Lets a circuit move by itself again. */
export interface ReleaseCircuit {
  readonly action: 'release-circuit';
  readonly service: string;
  readonly by: string;
  readonly reason: string;
}

const moved = { service: serviceName, by: operatorName };
/** The fields of each operation beside its action. */
export const circuitOperations = {
  'list-circuits': {},
  'get-circuit': { service: serviceName },
  'open-circuit': { ...moved, forMs: circuitDuration, reason: openReason },
  'close-circuit': { ...moved, forMs: circuitDuration, reason: optionalReason },
  'release-circuit': { ...moved, reason: optionalReason },
};

export function isCircuitOperation(operation: { readonly action: string }): operation is CircuitOperation {
  return Object.hasOwn(circuitOperations, operation.action);
}

/** A circuit as the table has it. */
export interface CircuitFacts {
  readonly service: string;
  /** The present state, with changes that time alone has made; null: the item in the table is no circuit. */
  readonly circuit: CircuitState | null;
  /** Why it cannot be read; null where it can. */
  readonly fault: string | null;
  /** As the stack has it: in shadow mode it rejects nothing by itself. */
  readonly shadow: boolean;
}

export interface CircuitsResult {
  readonly ok: true;
  /** In the order of their names. */
  readonly circuits: readonly CircuitFacts[];
  /** By the clock that they were read by. */
  readonly nowMs: number;
}

export interface CircuitResult extends CircuitFacts {
  readonly ok: true;
  /** Its former states, the newest first. */
  readonly history: readonly CircuitState[];
  /** False: the operation only reads, or there was nothing to change. */
  readonly changed: boolean;
  /** A note for the operator. */
  readonly note: string | null;
  readonly nowMs: number;
}

const facts = { service: string, circuit: nullable(circuitState), fault: nullable(string), shadow: boolean };
export const circuitsResult = object({ circuits: array(object(facts)), nowMs: integer });
export const circuitResult = object({
  ...facts,
  history: array(circuitState),
  changed: boolean,
  note: nullable(string),
  nowMs: integer,
});
