import { readCommandLine } from './command-line.ts';
import { type OperatorCommand, operatorCommand } from './operator-command.ts';
import { type ReplayCommand, replayCommand } from './replay/replay-command.ts';
import { type VerifyCommand, verifyCommand } from './verify/verify-command.ts';

export type Command = { readonly type: 'help' } | OperatorCommand | ReplayCommand | VerifyCommand;

/** @throws UsageError in one line */
export function parseCommand(args: readonly string[]): Command {
  const line = readCommandLine(args);
  if (line === 'help') return { type: 'help' };
  switch (line.name) {
    case 'replay':
      return replayCommand(line);
    case 'verify':
      return verifyCommand(line);
    default:
      return operatorCommand(line);
  }
}
