import type { Operation, OperationResult } from '../../lambdas/contract/operations/operations.ts';
import { OpsError } from './errors.ts';
import type { Ask } from './operator-client.ts';

/** Kinds of answers, by the field that only answers of this kind have. */
const WANTED = {
  rule: 'a rule',
  rules: 'rules',
  secret: 'a key',
  keys: 'keys',
  circuit: 'a circuit',
  circuits: 'circuits',
} as const;
type Field = keyof typeof WANTED;
type AnswerWith<Wanted extends Field> = Extract<OperationResult, Readonly<Record<Wanted, unknown>>>;

/** @throws OpsError also for an operation that was not done */
export async function askFor<Wanted extends Field>(
  wanted: Wanted,
  ask: Ask,
  operation: Operation,
): Promise<AnswerWith<Wanted>> {
  const result = await ask(operation);
  if (!result.ok) throw new OpsError(result.error.message);
  if (!(wanted in result)) throw new OpsError(`the operator function did not answer with ${WANTED[wanted]}`);
  return result as AnswerWith<Wanted>;
}
