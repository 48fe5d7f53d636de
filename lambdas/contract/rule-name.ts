import { holdsToken } from './holds-token.ts';

/** Longest name, in characters. A longer claim does not become a name. */
export const MAX_NAME_LENGTH = 1024;
/** Lone surrogates have no UTF-8, and control characters would forge lines of logs and tables. */
const CONTROL = /\p{Cc}/u;

/** Whether an operator's rule can name it in an id such as `sub:alice`, so that its bearer can be revoked. */
export function isRuleName(name: string): boolean {
  return name !== '' && name.length <= MAX_NAME_LENGTH && isPlain(name) && !holdsToken(name);
}

export function isPlain(text: string): boolean {
  return text.isWellFormed() && !CONTROL.test(text);
}
