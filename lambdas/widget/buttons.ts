import type { MoveCircuit } from '../contract/circuit-operations.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import { isForced } from '../core/circuit.ts';
import { RELEASE_BUTTON } from '../core/circuit-words.ts';
import { type Html, html, json } from '../core/html.ts';

/** CloudWatch does not tell who clicks: CloudTrail does. */
const ASKED = { by: 'dashboard', reason: 'from the dashboard' };
const WHILE_MS = 600_000;
const WHILE = '10 min';

interface Button {
  readonly label: string;
  /** What is asked before anything happens. */
  readonly question: string;
  /** What that means. */
  readonly meaning: string;
  readonly operation: MoveCircuit;
}

/**
 * An element that is followed by a `cwdb-action` is a button to CloudWatch: it asks for the confirmation, then calls the
 * function with the JSON.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
 */
export function buttons(service: string, circuit: CircuitState | null, operatorFunction: string): readonly Html[] {
  return buttonsOf(service, circuit).map(
    ({ label, question, meaning, operation }) =>
      html`<a class="btn" aria-label="${label}, the circuit of ${service}">${label}</a><cwdb-action action="call" display="popup" confirmation="${question}? ${meaning}" endpoint="${operatorFunction}">${json(operation)}</cwdb-action> `,
  );
}

function buttonsOf(service: string, circuit: CircuitState | null): readonly Button[] {
  const released: Button = {
    label: RELEASE_BUTTON,
    question: `Let the circuit of ${service} move by itself again`,
    meaning: 'What an operator asked for ends.',
    operation: { action: 'release-circuit', service, ...ASKED },
  };
  return [
    forcing('open-circuit', service, WHILE_MS),
    forcing('open-circuit', service, null),
    forcing('close-circuit', service, WHILE_MS),
    forcing('close-circuit', service, null),
    ...(circuit !== null && isForced(circuit) ? [released] : []),
  ];
}

function forcing(action: 'open-circuit' | 'close-circuit', service: string, forMs: number | null): Button {
  const verb = action === 'open-circuit' ? 'Open' : 'Close';
  const howLong = forMs === null ? `until “${RELEASE_BUTTON}”` : `for ${WHILE}`;
  return {
    label: forMs === null ? verb : `${verb} ${WHILE}`,
    question: `${verb} the circuit of ${service} ${howLong}`,
    meaning:
      action === 'open-circuit'
        ? 'No request reaches its upstream meanwhile.'
        : 'All requests reach its upstream meanwhile, however many fail.',
    operation: { action, service, forMs, ...ASKED },
  };
}
