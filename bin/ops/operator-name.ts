import { userInfo } from 'node:os';
import { OPERATOR_NAME_LENGTH } from '../../lambdas/contract/operations/operation-fields.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { shortened } from '../../lambdas/core/text/shortened.ts';

/** Name of the user who runs the command; '' if the system knows only a number. */
export function operatorName(): string {
  try {
    return shortened(printable(userInfo().username), OPERATOR_NAME_LENGTH);
  } catch {
    return '';
  }
}
