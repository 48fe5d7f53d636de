import { parseArgs } from 'node:util';
import { holdsToken } from '../../lambdas/contract/holds-token.ts';
import { quote, tokenGiven } from '../../lambdas/contract/limits/rule-id.ts';
import { nearest } from '../../lambdas/core/text/nearest.ts';
import { UsageError } from './errors.ts';
import { DEFAULT_LOCAL_PORT } from './usage.ts';

const OPTIONS = {
  for: { type: 'string' },
  overlap: { type: 'string' },
  owner: { type: 'string' },
  plan: { type: 'string' },
  tenant: { type: 'string' },
  scopes: { type: 'string' },
  roles: { type: 'string' },
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
  url: { type: 'string' },
  path: { type: 'string' },
  'other-path': { type: 'string' },
  'token-env': { type: 'string' },
  stack: { type: 'string' },
  'with-circuit': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Option = keyof typeof OPTIONS;
export type Values = ReturnType<typeof parse>['values'];

/** Options of every command that asks a gateway. */
const ASKING: readonly Option[] = ['json', 'gateway', 'region', 'local'];
/** Arguments and options of each command. */
const COMMANDS: Readonly<
  Record<string, { readonly args: string; readonly counts: readonly number[]; readonly options: readonly Option[] }>
> = {
  revoke: { args: 'one ID', counts: [1], options: ['for', 'reason', ...ASKING] },
  restore: { args: 'one ID', counts: [1], options: ['reason', ...ASKING] },
  limit: { args: 'ID NAME VALUE', counts: [3], options: ['for', 'reason', 'rate', ...ASKING] },
  list: { args: '[revoked|limits]', counts: [0, 1], options: ['kind', ...ASKING] },
  show: { args: 'one ID', counts: [1], options: ASKING },
  'keys create': {
    args: 'no further word',
    counts: [0],
    options: ['owner', 'plan', 'tenant', 'scopes', 'roles', 'for', ...ASKING],
  },
  'keys list': { args: 'no further word', counts: [0], options: ASKING },
  'keys rotate': { args: 'one ID', counts: [1], options: ['overlap', ...ASKING] },
  'circuit list': { args: 'no further word', counts: [0], options: ASKING },
  'circuit show': { args: 'one SERVICE', counts: [1], options: ASKING },
  'circuit open': { args: 'one SERVICE', counts: [1], options: ['for', 'reason', ...ASKING] },
  'circuit close': { args: 'one SERVICE', counts: [1], options: ['for', 'reason', ...ASKING] },
  'circuit auto': { args: 'one SERVICE', counts: [1], options: ['reason', ...ASKING] },
  verify: {
    args: 'no further word',
    counts: [0],
    options: ['url', 'service', 'path', 'other-path', 'token-env', 'stack', 'with-circuit', ...ASKING],
  },
  replay: { args: 'one LOG', counts: [1], options: ['limit', 'service', 'top'] },
};

/** `keys create` is one name. */
const GROUPS: readonly string[] = ['keys', 'circuit'];

/** Commands that users may try, and those that do it. Revoking works alike for everything that has an id. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'keys revoke': 'revoke key:ID',
  'keys delete': 'revoke key:ID',
  'keys restore': 'restore key:ID',
  'keys show': 'show key:ID, or keys list',
  'circuit release': 'circuit auto SERVICE',
  'circuit reset': 'circuit auto SERVICE',
  'circuit status': 'circuit show SERVICE, or circuit list',
};

/** A known command, with the number of words and the options that it takes. */
export interface CommandLine {
  readonly name: string;
  readonly words: readonly string[];
  readonly values: Values;
}

/** @throws UsageError in one line */
export function readCommandLine(args: readonly string[]): CommandLine | 'help' {
  // Checked first: messages and servers quote what the user typed.
  if (args.some(holdsToken)) throw new UsageError(tokenGiven('an argument').message);
  const { values, positionals } = parse(withLocalPort(args));
  const { name, words } = named(positionals);
  if (values.help || (name === undefined && args.length === 0)) return 'help';
  return { name: checked(name, words, values), words, values };
}

function named([first, second, ...rest]: readonly string[]) {
  if (first === undefined || second === undefined) return { name: first, words: rest };
  return GROUPS.includes(first)
    ? { name: `${first} ${second}`, words: rest }
    : { name: first, words: [second, ...rest] };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(reworded((cause as Error).message), { cause });
  }
}

/** Rewords a message of parseArgs about an option. */
function reworded(message: string): string {
  const [, valueless] = /^Option '(?:-h, )?(--\w+).*argument (?:missing|is ambiguous)/.exec(message) ?? [];
  if (valueless !== undefined) {
    return `${valueless} must have a value, got none: write it after the option, ${valueless} VALUE`;
  }
  const [, unknown = ''] = /^Unknown option '--([^']*)'/.exec(message) ?? [];
  const meant = nearest(unknown, Object.keys(OPTIONS));
  const [first = ''] = message.split(/\. |\n/);
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}: ${meant === undefined ? '' : `write --${meant}, or `}see --help`;
}

/** `--local` and `--local 3011`: parseArgs has no options with an optional value. */
function withLocalPort(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (args[index - 1] === '--local' && isNumber(arg)) return [];
    if (arg !== '--local') return [arg];
    const next = args[index + 1] ?? '';
    return [`--local=${isNumber(next) ? next : DEFAULT_LOCAL_PORT}`];
  });
}

export function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function checked(name: string | undefined, words: readonly string[], values: Values): string {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === undefined || command === undefined) throw unknownCommand(name ?? '');
  if (!command.counts.includes(words.length)) {
    throw new UsageError(`${name} takes ${command.args}, got ${quoteWords(words.join(' '))}: see --help`);
  }
  const other = (Object.keys(values) as Option[]).find((option) => !command.options.includes(option));
  if (other !== undefined) throw new UsageError(`${name} does not take --${other}: see --help`);
  return name;
}

/** Lists the commands of its group, if it has one. */
function unknownCommand(name: string): UsageError {
  const [first = '', ...rest] = name.split(' ');
  const names = Object.keys(COMMANDS);
  const meant = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : nearest(name, names);
  const fix = meant === undefined ? 'see --help' : `write ${meant}`;
  if (!GROUPS.includes(first)) {
    return new UsageError(`a command must be one of ${names.join(', ')}, got ${quoteWords(name)}: ${fix}`);
  }
  const members = names.filter((one) => one.startsWith(`${first} `)).map((one) => one.slice(first.length + 1));
  return new UsageError(
    `${first} must be followed by one of ${members.join(', ')}, got ${quoteWords(rest.join(' '))}: ${fix}`,
  );
}

function quoteWords(words: string): string {
  return words === '' ? 'nothing' : quote(words);
}
