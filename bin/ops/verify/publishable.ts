import { holdsToken } from '../../../lambdas/contract/holds-token.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { shortened } from '../../../lambdas/core/text/shortened.ts';

const LONGEST = 400;

/**
 * A text that users may publish in an issue. Messages of AWS name accounts and roles; those of Node name addresses. No
 * message should hold a credential; if one does, it is left out.
 */
export function publishable(text: string): string {
  const masked = text
    .replace(/\barn:[^\s"',]+/g, '<arn>')
    .replace(/\b\d{12}\b/g, '<account>')
    .replace(/\b[a-z0-9]{10}\.execute-api\.[a-z0-9.-]+/g, '<gateway>')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, '<access key>');
  return shortened(printable(holdsToken(masked) ? '<left out: it holds a credential>' : masked), LONGEST);
}
