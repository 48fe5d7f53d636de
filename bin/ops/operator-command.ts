import { isApiKeyId } from '../../lambdas/contract/auth/api-key.ts';
import { InvalidOperationError, quote } from '../../lambdas/contract/limits/rule-id.ts';
import {
  type CircuitOperation,
  isCircuitOperation,
  type ListCircuits,
} from '../../lambdas/contract/operations/circuit-operations.ts';
import {
  type CreateKey,
  KEY_BOUNDS,
  type ListKeys,
  type RotateKey,
} from '../../lambdas/contract/operations/key-operations.ts';
import { FOR_MAX_DAYS } from '../../lambdas/contract/operations/operation-fields.ts';
import {
  decodeOperation,
  type List,
  type Operation,
  type RuleOperation,
} from '../../lambdas/contract/operations/operations.ts';
import { circuitEvent } from './circuit-event.ts';
import { type CommandLine, isNumber, type Values } from './command-line.ts';
import { type DurationOption, parseDuration } from './duration.ts';
import { UsageError } from './errors.ts';
import type { Facts } from './output/facts.ts';
import { DEFAULT_GATEWAY } from './usage.ts';

/** Which gateway, and where it runs. */
export interface Target {
  readonly gateway: string;
  /** Undefined: the SDK's default. */
  readonly region: string | undefined;
  /** Port of the gateway of `npm start`; undefined: AWS. */
  readonly localPort: number | undefined;
}

/** A command for the operator function of a gateway. */
export type OperatorCommand =
  | Asking<'operate', Exclude<RuleOperation, List>>
  | (Asking<'list', List> & { readonly facts: Facts })
  | Asking<'make-key', CreateKey | RotateKey>
  | Asking<'list-keys', ListKeys>
  | Asking<'circuit', Exclude<CircuitOperation, ListCircuits>>
  | Asking<'list-circuits', ListCircuits>;

interface Asking<Type extends string, Asked extends Operation> {
  readonly type: Type;
  readonly operation: Asked;
  readonly target: Target;
  readonly json: boolean;
}

const FOR_OF_RULES: DurationOption = { option: '--for', maxDays: FOR_MAX_DAYS.rules, usual: 'no end' };
const FOR_OF_KEYS: DurationOption = {
  option: '--for',
  maxDays: KEY_BOUNDS.life.maxDays,
  usual: `${KEY_BOUNDS.life.usualDays} days`,
};
const OVERLAP: DurationOption = { option: '--overlap', maxDays: KEY_BOUNDS.overlap.maxDays, usual: '24h' };

/** @throws UsageError in one line */
export function operatorCommand(line: CommandLine): OperatorCommand {
  const { words, values } = line;
  const common = { target: targetOf(values), json: values.json ?? false };
  const operation = operationOf(circuitEvent(line) ?? eventOf(line));
  if (isCircuitOperation(operation)) {
    return operation.action === 'list-circuits'
      ? { type: 'list-circuits', operation, ...common }
      : { type: 'circuit', operation, ...common };
  }
  switch (operation.action) {
    case 'list':
      return { type: 'list', operation, facts: factsOf(words[0]), ...common };
    case 'list-keys':
      return { type: 'list-keys', operation, ...common };
    case 'create-key':
    case 'rotate-key':
      return { type: 'make-key', operation, ...common };
    default:
      return { type: 'operate', operation, ...common };
  }
}

function eventOf({ name, words, values }: CommandLine): object {
  const [id = '', limit = '', value = ''] = words;
  const reason = values.reason !== undefined && { reason: values.reason };
  const forOption = name === 'keys create' ? FOR_OF_KEYS : FOR_OF_RULES;
  const forMs = values.for !== undefined && { forMs: parseDuration(values.for, forOption) };
  switch (name) {
    case 'revoke':
      return { action: 'revoke', id: ruleId(id), ...reason, ...forMs };
    case 'restore':
      return { action: 'restore', id: ruleId(id), ...reason };
    case 'limit':
      return { action: 'limit', id: ruleId(id), limit, ...limitValue(value, values), ...reason, ...forMs };
    case 'show':
      return { action: 'get', id: ruleId(id) };
    case 'keys create':
      return { action: 'create-key', ...ofKey(values), ...forMs };
    case 'keys list':
      return { action: 'list-keys' };
    case 'keys rotate':
      return {
        action: 'rotate-key',
        id,
        ...(values.overlap !== undefined && { overlapMs: parseOverlap(values.overlap) }),
      };
    default:
      return { action: 'list', ...(values.kind !== undefined && { kind: values.kind }) };
  }
}

function ofKey({ owner = '', plan, tenant, scopes, roles }: Values): object {
  return {
    owner,
    ...(plan !== undefined && { plan: filled('--plan', plan) }),
    ...(tenant !== undefined && { tenant: filled('--tenant', tenant) }),
    ...(scopes !== undefined && { scopes: wordsOf('--scopes', scopes) }),
    ...(roles !== undefined && { roles: wordsOf('--roles', roles) }),
  };
}

/** An empty text is most often an unset variable of the shell. */
function filled(option: string, text: string): string {
  if (text.trim() !== '') return text;
  throw new UsageError(`${option} must not be empty, got ${quote(text)}: write what it is, or leave it out for none`);
}

/** RFC 6749 reads `a,b` as one word, but the user means two. */
function wordsOf(option: string, text: string): readonly string[] {
  if (text.includes(',')) {
    throw new UsageError(
      `${option} must be words without commas, got ${quote(text)}: separate them by spaces, write "a b"`,
    );
  }
  return filled(option, text)
    .split(' ')
    .filter((word) => word !== '');
}

function parseOverlap(text: string): number {
  return text === '0' ? 0 : parseDuration(text, OVERLAP);
}

/** `keys list` shows the ids of keys without their kind. */
function ruleId(text: string): string {
  if (!isApiKeyId(text)) return text;
  throw new UsageError(
    `an id must be kind:name, got ${quote(text)}: write key:${text} for an API key, or sub:${text} for a subject`,
  );
}

function limitValue(value: string, { rate, for: time }: Values): object {
  if (value === 'default') {
    if (rate === undefined && time === undefined) return { value: null };
    throw new UsageError('limit ID NAME default takes neither --rate nor --for: the stack has its own');
  }
  if (!isNumber(value)) {
    throw new UsageError(`a limit must be a whole number, or default, got ${quote(value)}: write one like 500`);
  }
  return { value: Number(value), ...(rate !== undefined && { ratePerS: parseRate(rate) }) };
}

function parseRate(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`--rate must be a number of units a second, got ${quote(text)}: write one like 2.5`);
}

/** The function checks it, too; here the user learns of an error before the call. */
function operationOf(event: object): Operation {
  try {
    return decodeOperation(event);
  } catch (error) {
    if (error instanceof InvalidOperationError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function factsOf(text = 'all'): Facts {
  if (text === 'all' || text === 'revoked' || text === 'limits') return text;
  throw new UsageError(`list takes revoked, limits or nothing, got ${quote(text)}: see --help`);
}

/** @throws UsageError in one line */
export function targetOf({ gateway = DEFAULT_GATEWAY, region, local }: Values): Target {
  return { gateway, region, localPort: local === undefined ? undefined : parsePort(local) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (isNumber(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--local takes a port from 1 to 65535, got ${quote(text)}: see what npm start prints`);
}
