import { parseArgs } from 'node:util';
import { decodeOperation, type List, type Operation } from '../../lambdas/contract/operations.ts';
import { InvalidOperationError } from '../../lambdas/contract/rule-id.ts';
import { parseDuration } from './duration.ts';
import { UsageError } from './errors.ts';
import type { Facts } from './facts.ts';
import { parseTrialLimit, type TrialLimit } from './replay/trial-limit.ts';
import { DEFAULT_GATEWAY, DEFAULT_LOCAL_PORT } from './usage.ts';

/** Which gateway, and where it runs. */
export interface Target {
  readonly gateway: string;
  /** Undefined: as the SDK finds it. */
  readonly region: string | undefined;
  /** Of the gateway of `npm start`; undefined: AWS. */
  readonly localPort: number | undefined;
}

export type Command =
  | { readonly type: 'help' }
  | {
      readonly type: 'operate';
      readonly operation: Exclude<Operation, List>;
      readonly target: Target;
      readonly json: boolean;
    }
  | {
      readonly type: 'list';
      readonly operation: List;
      readonly facts: Facts;
      readonly target: Target;
      readonly json: boolean;
    }
  | {
      readonly type: 'replay';
      readonly log: string;
      readonly limits: readonly TrialLimit[];
      readonly service: string | undefined;
      readonly top: number;
    };

const OPTIONS = {
  for: { type: 'string' },
  reason: { type: 'string' },
  rate: { type: 'string' },
  kind: { type: 'string' },
  json: { type: 'boolean' },
  gateway: { type: 'string' },
  region: { type: 'string' },
  local: { type: 'string' },
  limit: { type: 'string', multiple: true },
  service: { type: 'string' },
  top: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Option = keyof typeof OPTIONS;
type Values = ReturnType<typeof parse>['values'];

/** Of the commands that ask a gateway. */
const ASKING: readonly Option[] = ['json', 'gateway', 'region', 'local'];
/** What each command takes. */
const COMMANDS: Readonly<
  Record<string, { readonly args: string; readonly counts: readonly number[]; readonly options: readonly Option[] }>
> = {
  revoke: { args: 'ID', counts: [1], options: ['for', 'reason', ...ASKING] },
  restore: { args: 'ID', counts: [1], options: ['reason', ...ASKING] },
  limit: { args: 'ID NAME VALUE', counts: [3], options: ['for', 'reason', 'rate', ...ASKING] },
  list: { args: '[revoked|limits]', counts: [0, 1], options: ['kind', ...ASKING] },
  show: { args: 'ID', counts: [1], options: ASKING },
  replay: { args: 'LOG', counts: [1], options: ['limit', 'service', 'top'] },
};

/** @throws UsageError in one line */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(withLocalPort(args));
  const [name, ...rest] = positionals;
  if (values.help || (name === undefined && args.length === 0)) return { type: 'help' };
  check(name, rest, values);
  if (name === 'replay') return replayCommand(rest[0] ?? '', values);
  const common = { target: targetOf(values), json: values.json ?? false };
  const operation = operationOf(eventOf(name, rest, values));
  return operation.action === 'list'
    ? { type: 'list', operation, facts: factsOf(rest[0]), ...common }
    : { type: 'operate', operation, ...common };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const [message = ''] = (cause as Error).message.split(/\. |\n/);
    throw new UsageError(
      message.replace(/^./, (first) => first.toLowerCase()),
      { cause },
    );
  }
}

/** `--local` and `--local 3011`: parseArgs knows no option whose value may be missing. */
function withLocalPort(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (args[index - 1] === '--local' && isNumber(arg)) return [];
    if (arg !== '--local') return [arg];
    const next = args[index + 1] ?? '';
    return [`--local=${isNumber(next) ? next : DEFAULT_LOCAL_PORT}`];
  });
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function check(name: string | undefined, rest: readonly string[], values: Values): void {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(
      `a command must be one of ${Object.keys(COMMANDS).join(', ')}, got ${JSON.stringify(name ?? '')}: see --help`,
    );
  }
  if (!command.counts.includes(rest.length)) {
    throw new UsageError(`${name} takes ${command.args}, got ${JSON.stringify(rest.join(' '))}: see --help`);
  }
  const other = (Object.keys(values) as Option[]).find((option) => !command.options.includes(option));
  if (other !== undefined) throw new UsageError(`${name} does not take --${other}: see --help`);
}

function eventOf(name: string | undefined, rest: readonly string[], values: Values): object {
  const [id = '', limit = '', value = ''] = rest;
  const reason = values.reason !== undefined && { reason: values.reason };
  const forMs = values.for !== undefined && { forMs: parseDuration('--for', values.for) };
  switch (name) {
    case 'revoke':
      return { action: 'revoke', id, ...reason, ...forMs };
    case 'restore':
      return { action: 'restore', id, ...reason };
    case 'limit':
      return { action: 'limit', id, limit, ...limitValue(value, values), ...reason, ...forMs };
    case 'show':
      return { action: 'get', id };
    default:
      return { action: 'list', ...(values.kind !== undefined && { kind: values.kind }) };
  }
}

function limitValue(value: string, { rate, for: time }: Values): object {
  if (value === 'default') {
    if (rate === undefined && time === undefined) return { value: null };
    throw new UsageError('limit ID NAME default takes neither --rate nor --for: the stack has its own');
  }
  if (!isNumber(value)) {
    throw new UsageError(
      `a limit must be a whole number, or default, got ${JSON.stringify(value)}: write one like 500`,
    );
  }
  return { value: Number(value), ...(rate !== undefined && { ratePerS: parseRate(rate) }) };
}

function parseRate(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`--rate must be a number of units a second, got ${JSON.stringify(text)}: write one like 2.5`);
}

/** The function checks it as well; what is wrong is told before anybody is asked. */
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
  throw new UsageError(`list takes revoked, limits or nothing, got ${JSON.stringify(text)}: see --help`);
}

function targetOf({ gateway = DEFAULT_GATEWAY, region, local }: Values): Target {
  return { gateway, region, localPort: local === undefined ? undefined : parsePort(local) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (isNumber(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--local takes a port from 1 to 65535, got ${JSON.stringify(text)}: see what npm start tells`);
}

function replayCommand(log: string, { limit = [], service, top = '10' }: Values): Command {
  if (limit.length === 0)
    throw new UsageError('replay must have at least one --limit, got none: --limit client=100/1m');
  if (!isNumber(top)) throw new UsageError(`--top must be a whole number, got ${JSON.stringify(top)}`);
  return { type: 'replay', log, limits: limit.map(trialLimit), service, top: Number(top) };
}

function trialLimit(text: string): TrialLimit {
  try {
    return parseTrialLimit(text);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
