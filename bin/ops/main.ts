import { DecodeError } from '../../lambdas/contract/decode.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { shortened } from '../../lambdas/core/text/shortened.ts';
import { allPages } from './all-pages.ts';
import { askFor } from './ask-for.ts';
import { type Command, parseCommand } from './command.ts';
import { OpsError, UsageError } from './errors.ts';
import { createAsk } from './operator-client.ts';
import { describeCircuit } from './output/describe-circuit.ts';
import { describeKey } from './output/describe-key.ts';
import { describeResult } from './output/describe-result.ts';
import { factsOf } from './output/facts.ts';
import { factsTable } from './output/facts-table.ts';
import { keyTable } from './output/key-table.ts';
import type { Output } from './output/output.ts';
import { circuitTable } from './output/print-circuits.ts';
import { replayLog } from './replay/replay-log.ts';
import { USAGE } from './usage.ts';
import { verify } from './verify/verify.ts';
import type { VerifyCommand } from './verify/verify-command.ts';

/** Our longest message has 400 characters. */
const LINE_WIDTH = 1000;

type OfType<Type extends Command['type']> = Extract<Command, { readonly type: Type }>;

/** Runs the command of these arguments. @returns the exit code */
export async function main(args: readonly string[], output: Output): Promise<0 | 1 | 2> {
  try {
    const command = parseCommand(args);
    if (command.type === 'verify') return await verify(command, output);
    await run(command, output);
    return 0;
  } catch (error) {
    if (error instanceof UsageError || error instanceof OpsError || error instanceof DecodeError) {
      output.err(oneLine(`error: ${error.message}`));
      return error instanceof UsageError ? 2 : 1;
    }
    throw error;
  }
}

/** Messages quote texts of any length: this keeps a line readable. */
function oneLine(text: string): string {
  return shortened(printable(text), LINE_WIDTH);
}

async function run(command: Exclude<Command, VerifyCommand>, output: Output): Promise<void> {
  switch (command.type) {
    case 'help':
      return output.out(USAGE);
    case 'operate':
      return operate(command, output);
    case 'list':
      return list(command, output);
    case 'make-key':
      return makeKey(command, output);
    case 'list-keys':
      return printKeys(command, output);
    case 'circuit':
      return operateCircuit(command, output);
    case 'list-circuits':
      return printCircuits(command, output);
    case 'replay':
      return replayLog(command, output);
  }
}

async function operate({ operation, target, json }: OfType<'operate'>, { out, err }: Output): Promise<void> {
  const result = await askFor('rule', createAsk(target), operation);
  out(json ? JSON.stringify(result, null, 2) : describeResult(operation, result));
  if (!json && result.note !== null) err(oneLine(`note: ${result.note}`));
}

async function list({ operation, facts, target, json }: OfType<'list'>, { out, width }: Output): Promise<void> {
  const ask = createAsk(target);
  const pages = await allPages((after) => askFor('rules', ask, { ...operation, after }));
  const wanted = pages.flatMap(({ rules }) => rules).filter((rule) => factsOf(rule, facts).length > 0);
  if (json) return out(JSON.stringify(wanted, null, 2));
  const found = wanted.flatMap((rule) => factsOf(rule, facts));
  out(found.length === 0 ? 'nothing is in force' : factsTable(found, width));
}

/** Only the key goes to standard output, for `KEY=$(…)`; notes go to standard error. */
async function makeKey({ operation, target, json }: OfType<'make-key'>, { out, err }: Output): Promise<void> {
  // A repeated request would make another valid key, whose secret is lost.
  const result = await askFor('secret', createAsk(target, { isRepeatable: false }), operation);
  if (json) return out(JSON.stringify(result, null, 2));
  out(result.secret);
  for (const line of describeKey(operation, result)) err(oneLine(line));
}

async function printKeys({ operation, target, json }: OfType<'list-keys'>, { out, width }: Output): Promise<void> {
  const ask = createAsk(target);
  const pages = await allPages((after) => askFor('keys', ask, { ...operation, after }));
  const keys = pages.flatMap((page) => page.keys);
  if (json) return out(JSON.stringify(keys, null, 2));
  out(keys.length === 0 ? 'there is no API key' : keyTable(keys, Date.now(), width));
}

async function operateCircuit(
  { operation, target, json }: OfType<'circuit'>,
  { out, err, width }: Output,
): Promise<void> {
  const result = await askFor('circuit', createAsk(target), operation);
  out(json ? JSON.stringify(result, null, 2) : describeCircuit(operation, result, width));
  if (!json && result.note !== null) err(oneLine(`note: ${result.note}`));
}

async function printCircuits(
  { operation, target, json }: OfType<'list-circuits'>,
  { out, width }: Output,
): Promise<void> {
  const result = await askFor('circuits', createAsk(target), operation);
  out(json ? JSON.stringify(result.circuits, null, 2) : circuitTable(result.circuits, result.nowMs, width));
}
