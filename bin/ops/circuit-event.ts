import type { CircuitOperation } from '../../lambdas/contract/operations/circuit-operations.ts';
import { FOR_MAX_DAYS } from '../../lambdas/contract/operations/operation-fields.ts';
import type { CommandLine } from './command-line.ts';
import { type DurationOption, parseDuration } from './duration.ts';
import { operatorName } from './operator-name.ts';

const FOR_OF_CIRCUITS: DurationOption = { option: '--for', maxDays: FOR_MAX_DAYS.circuits, usual: 'no end' };

const ACTIONS: Readonly<Record<string, CircuitOperation['action']>> = {
  'circuit list': 'list-circuits',
  'circuit show': 'get-circuit',
  'circuit open': 'open-circuit',
  'circuit close': 'close-circuit',
  'circuit auto': 'release-circuit',
};

/** The operator function's event for a command on circuits; undefined for other commands. @throws UsageError */
export function circuitEvent({ name, words, values }: CommandLine): object | undefined {
  const action = ACTIONS[name];
  if (action === undefined || action === 'list-circuits') return action && { action };
  const [service = ''] = words;
  if (action === 'get-circuit') return { action, service };
  return {
    action,
    service,
    by: operatorName(),
    ...(values.reason !== undefined && { reason: values.reason }),
    ...(values.for !== undefined && { forMs: parseDuration(values.for, FOR_OF_CIRCUITS) }),
  };
}
