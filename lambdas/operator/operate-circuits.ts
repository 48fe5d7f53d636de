import { logTransition } from '../adapters/circuit/circuit-log.ts';
import { TableUnavailable } from '../adapters/table/table-unavailable.ts';
import type { CircuitState } from '../contract/circuit/circuit-state.ts';
import type { CircuitsConfig } from '../contract/circuit/circuits-config.ts';
import { InvalidOperationError, quote } from '../contract/limits/rule-id.ts';
import type {
  CircuitFacts,
  CircuitOperation,
  CircuitResult,
  CircuitsResult,
  MoveCircuit,
} from '../contract/operations/circuit-operations.ts';
import { settle } from '../core/circuit/circuit.ts';
import { near } from '../core/text/nearest.ts';
import { changeCircuit, type SignalByHand } from './change-circuit.ts';
import { type Circuit, type CircuitTable, circuitAccess } from './circuit-access.ts';

/** Entries of the history in an answer. */
const HISTORY_LENGTH = 50;
/** Service names in the message about an unknown one. */
const NAMES_SHOWN = 5;

/** The circuits of a gateway. */
export interface Circuits {
  readonly config: CircuitsConfig;
  readonly storeOf: (service: string) => CircuitTable;
}

/** @throws InvalidOperationError, ConflictError, or TableUnavailable */
export async function operateCircuits(
  operation: CircuitOperation,
  circuits: Circuits,
  nowMs: number,
): Promise<CircuitResult | CircuitsResult> {
  const names = Object.keys(circuits.config.services).toSorted();
  if (names.length === 0) {
    throw new InvalidOperationError(
      'no service of this gateway has a circuit: give one a circuitBreaker in the stack, and deploy it',
    );
  }
  if (operation.action === 'list-circuits') {
    const facts = names.map((name) => factsOf(circuitOf(name, circuits), nowMs));
    return { ok: true, circuits: await Promise.all(facts), nowMs };
  }
  const circuit = circuitOf(operation.service, circuits);
  if (operation.action !== 'get-circuit') return move(operation, circuit, circuits.config, nowMs);
  const [facts, history] = await Promise.all([factsOf(circuit, nowMs), circuit.table.history(HISTORY_LENGTH)]);
  return { ok: true, ...facts, history, changed: false, note: null, nowMs };
}

/** @throws InvalidOperationError for a name that no circuit has */
function circuitOf(service: string, { config: { services }, storeOf }: Circuits): Circuit {
  const config = Object.hasOwn(services, service) ? services[service] : undefined;
  if (config !== undefined) {
    return { service, timing: config, shadow: config.shadow, table: circuitAccess(storeOf(service)) };
  }
  throw new InvalidOperationError(
    `a service must be one that has a circuit, got ${quote(service)}: ${fixOf(service, Object.keys(services))}`,
  );
}

/** Suggests similar names, or lists the names that exist. */
function fixOf(typed: string, services: readonly string[]): string {
  const meant = near(typed, services).slice(0, NAMES_SHOWN);
  if (meant.length > 0) return `write ${meant.join(' or ')}`;
  const shown = services.toSorted().slice(0, NAMES_SHOWN);
  const more = services.length - shown.length;
  return `those are ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The circuit's state now, which may differ from the stored one because time has passed. */
async function factsOf({ service, shadow, table }: Circuit, nowMs: number): Promise<CircuitFacts> {
  const { circuit, fault } = await table.inspect();
  return { service, circuit: circuit && settle(circuit, nowMs), fault, shadow };
}

async function move(
  operation: MoveCircuit,
  circuit: Circuit,
  config: CircuitsConfig,
  nowMs: number,
): Promise<CircuitResult> {
  const { service, shadow, table } = circuit;
  const { circuit: next, moved, fault } = await changeCircuit(circuit, signalOf(operation, nowMs), nowMs);
  if (moved) logTransition({ ...config, service }, next, nowMs);
  const { history, missing } = moved
    ? await remembered(table, next)
    : { history: await table.history(HISTORY_LENGTH), missing: null };
  const notes = [
    fault !== null && `the table's item was no circuit and was replaced (${fault})`,
    !moved && 'no operator held it, so nothing was changed',
    missing !== null && `this holds, but may be missing in the history: ${missing}`,
  ];
  const note = notes.filter((one) => one !== false).join('; ') || null;
  const facts = { service, circuit: settle(next, nowMs), fault: null, shadow };
  return { ok: true, ...facts, history, changed: moved, note, nowMs };
}

function signalOf(operation: MoveCircuit, nowMs: number): SignalByHand {
  const { by, reason } = operation;
  if (operation.action === 'release-circuit') return { type: 'release', by, reason };
  const to = operation.action === 'open-circuit' ? 'forced-open' : 'forced-closed';
  return { type: 'force', to, untilMs: operation.forMs === null ? 0 : nowMs + operation.forMs, by, reason };
}

/** The circuit has moved already, so a failure to write its history does not fail the operation. */
async function remembered(
  table: CircuitTable,
  circuit: CircuitState,
): Promise<{ readonly history: readonly CircuitState[]; readonly missing: string | null }> {
  try {
    await table.remember(circuit);
    return { history: await table.history(HISTORY_LENGTH), missing: null };
  } catch (error) {
    if (!(error instanceof TableUnavailable)) throw error;
    return { history: [], missing: error.message };
  }
}
