import { InvalidOperationError } from '../contract/limits/rule-id.ts';
import { type CircuitFacts, isCircuitOperation } from '../contract/operations/circuit-operations.ts';
import type { OperationResult } from '../contract/operations/operations.ts';
import { printable } from '../contract/printable.ts';
import { causeInWords } from '../core/circuit/cause-words.ts';
import { circuitInWords, RELEASE_BUTTON, shadowInWords } from '../core/circuit/circuit-words.ts';
import { type Html, html } from '../core/text/html.ts';
import type { Admit, Operate } from './operate.ts';

/** Markdown that CloudWatch shows as the function's documentation to a user who adds a custom widget. */
const DESCRIPTION = `### Moves circuits

A button calls this function with one of

\`\`\`json
{ "action": "open-circuit", "service": "payments", "forMs": 600000, "reason": "the provider moves its data centre" }
{ "action": "close-circuit", "service": "payments", "forMs": 600000, "reason": "a false alarm" }
{ "action": "release-circuit", "service": "payments" }
\`\`\`

Without \`forMs\` it holds until \`release-circuit\`. With \`"reasonField": "reason"\` what somebody typed into the widget's
field of that name is the reason. Nothing else that operators do is done for a button.
`;

/**
 * Answers operators with data. Answers a dashboard's button with HTML, which CloudWatch shows in a pop-up. CloudWatch adds
 * a `widgetContext` to a button's event.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function answerDashboards(operate: Operate) {
  return async (event: unknown): Promise<OperationResult | string> => {
    const { widgetContext, describe, reasonField, ...asked } = fieldsOf(event);
    if (describe === true) return DESCRIPTION;
    if (widgetContext === undefined) return operate(event);
    const reason = typedIn(widgetContext, reasonField);
    return answerOf(await operate(reason === '' ? asked : { ...asked, reason }, forDashboard)).toString();
  };
}

function fieldsOf(event: unknown): Record<string, unknown> {
  return typeof event === 'object' && event !== null ? { ...event } : {};
}

/** Text that a user typed into a field of the widget; '' if the field does not exist. */
function typedIn(widgetContext: unknown, field: unknown): string {
  const { all } = fieldsOf(fieldsOf(widgetContext)['forms']);
  const typed = typeof field === 'string' ? fieldsOf(all)[field] : '';
  return typeof typed === 'string' ? typed.trim() : '';
}

/** A click on a dashboard must not revoke a customer, or show a new key's secret on a screen. */
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

function paragraph({ service, circuit, fault, shadow }: CircuitFacts, nowMs: number): Html {
  const state =
    circuit === null ? `unreadable: ${printable(fault ?? '')}` : circuitInWords(circuit, nowMs, `“${RELEASE_BUTTON}”`);
  const details = [
    circuit !== null && circuit.version > 0 && `by ${causeInWords(circuit)}`,
    shadow && shadowInWords(circuit),
  ];
  return html`<p><b>${service}</b> is ${state}${details.map((detail) => detail && html`<br>${detail}`)}</p>`;
}
