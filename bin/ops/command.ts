import { readCommandLine } from './command-line.ts';
import { type OperatorCommand, operatorCommand } from './operator-command.ts';
import { type ReplayCommand, replayCommand } from './replay/replay-command.ts';

export type Command = { readonly type: 'help' } | OperatorCommand | ReplayCommand;

/** @throws UsageError in one line */
export function parseCommand(args: readonly string[]): Command {
  const line = readCommandLine(args);
  if (line === 'help') return { type: 'help' };
  return line.name === 'replay' ? replayCommand(line) : operatorCommand(line);
}
