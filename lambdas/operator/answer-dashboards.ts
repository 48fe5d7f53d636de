import { type CircuitFacts, isCircuitOperation } from '../contract/circuit-operations.ts';
import type { OperationResult } from '../contract/operations.ts';
import { printable } from '../contract/printable.ts';
import { InvalidOperationError } from '../contract/rule-id.ts';
import { circuitInWords, RELEASE_BUTTON } from '../core/circuit-words.ts';
import { type Html, html } from '../core/html.ts';
import type { Admit, Operate } from './operate.ts';

/** Markdown, for whoever adds a custom widget by hand and asks CloudWatch for the function's documentation. */
const DESCRIPTION = `### Moves circuits

A button calls this function with one of

\`\`\`json
{ "action": "open-circuit", "service": "payments", "forMs": 600000, "reason": "the provider moves its data centre" }
{ "action": "close-circuit", "service": "payments", "forMs": 600000, "reason": "a false alarm" }
{ "action": "release-circuit", "service": "payments" }
\`\`\`

Without \`forMs\` it holds until the circuit is released. Nothing else that operators do is done for a button.
`;

/**
 * What operators ask is answered as data, and what the button of a dashboard asks as a piece of HTML, which CloudWatch
 * shows in a pop-up: it adds a `widgetContext` to the event.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function answerDashboards(operate: Operate) {
  return async (event: unknown): Promise<OperationResult | string> => {
    const { widgetContext, describe, ...asked } = fieldsOf(event);
    if (describe === true) return DESCRIPTION;
    if (widgetContext === undefined) return operate(event);
    return answerOf(await operate(asked, forDashboard)).toString();
  };
}

function fieldsOf(event: unknown): Record<string, unknown> {
  return typeof event === 'object' && event !== null ? { ...event } : {};
}

/** One click among pictures must not shut out a customer, nor make a key that is shown to whoever passes by. */
const forDashboard: Admit = (operation) => {
  if (!isCircuitOperation(operation)) {
    throw new InvalidOperationError(
      `a button of a dashboard may move circuits only, got ${operation.action}: use the operators' command instead`,
    );
  }
  return 'by' in operation && operation.by === '' ? { ...operation, by: 'dashboard' } : operation;
};

function answerOf(result: OperationResult): Html {
  if (!result.ok) return html`<p><b>Not done:</b> ${printable(result.error.message)}</p>`;
  if ('circuits' in result) return html`${result.circuits.map((facts) => paragraph(facts, result.nowMs))}`;
  if (!('circuit' in result)) throw new TypeError('a button was answered with something else than circuits');
  return html`${paragraph(result, result.nowMs)}${result.note !== null && html`<p>${printable(result.note)}</p>`}`;
}

function paragraph({ service, circuit, fault }: CircuitFacts, nowMs: number): Html {
  const stands =
    circuit === null ? `unreadable: ${printable(fault ?? '')}` : circuitInWords(circuit, nowMs, `“${RELEASE_BUTTON}”`);
  return html`<p><b>${service}</b> is ${stands}</p>`;
}
