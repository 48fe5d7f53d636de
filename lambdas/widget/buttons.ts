import type { CircuitFacts, MoveCircuit } from '../contract/operations/circuit-operations.ts';
import { causeInWords } from '../core/circuit/cause-words.ts';
import { isForced } from '../core/circuit/circuit.ts';
import { RELEASE_BUTTON, STATE_WORDS } from '../core/circuit/circuit-words.ts';
import { type Html, html, json } from '../core/text/html.ts';
import { REASON_FIELD, USUAL_REASON } from './reason-field.ts';

/** CloudWatch does not say who clicks; CloudTrail does. */
const ASKED = { by: 'dashboard', reason: USUAL_REASON };
const WHILE_MS = 600_000;
const WHILE = '10 min';

interface Button {
  readonly label: string;
  /** The question of the confirmation. */
  readonly question: string;
  /** What the click means for clients. */
  readonly meaning: string;
  readonly operation: MoveCircuit;
}

/** One column stops traffic, the other lets it through; a narrow widget shows one below the other. */
export const BUTTONS_STYLE = html`<style>.tollgate-by-hand{display:grid;grid:auto auto/auto-flow;gap:4px;justify-content:start;margin-bottom:4px}.tollgate-by-hand .btn{display:block;margin:0;text-align:center;white-space:nowrap}@media(max-width:900px){.tollgate-by-hand{grid:auto/auto}}</style>`;

/**
 * An element before a `cwdb-action` is a button to CloudWatch: it asks for the confirmation, then calls the function with
 * the JSON and the texts of the widget's fields.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
 */
export function buttons(facts: CircuitFacts, operatorFunction: string): Html {
  const { circuit } = facts;
  const forcings = (['open-circuit', 'close-circuit'] as const).flatMap((action) =>
    [WHILE_MS, null].map((forMs) => button(forcing(action, facts.service, forMs), 'btn', facts, operatorFunction)),
  );
  const isHeld = circuit !== null && isForced(circuit);
  const released = isHeld && button(releasing(facts), 'btn btn-primary', facts, operatorFunction);
  return html`${released && html`<div class="tollgate-by-hand">${released}</div>`}<div class="tollgate-by-hand">${forcings}</div>`;
}

function button(
  { label, question, meaning, operation }: Button,
  classes: string,
  facts: CircuitFacts,
  operatorFunction: string,
): Html {
  const confirmation = [`${question}?`, meaning, ...asShown(facts)].join(' ');
  const asked = { ...operation, reasonField: REASON_FIELD };
  return html`<div><a class="${classes}" title="${meaning}" aria-label="${label}, ${facts.service}">${label}</a><cwdb-action action="call" display="popup" confirmation="${confirmation}" endpoint="${operatorFunction}">${json(asked)}</cwdb-action></div>`;
}

function forcing(action: 'open-circuit' | 'close-circuit', service: string, forMs: number | null): Button {
  const [label, of, meaning] =
    action === 'open-circuit'
      ? ['Stop traffic', 'of', 'Clients get 503 circuit_open or the service’s fallback, and the upstream no request.']
      : ['Let all through', 'to', 'Clients get what the upstream answers, however much of it fails.'];
  return {
    label: forMs === null ? label : `${label} ${WHILE}`,
    question: `${label} ${of} ${service} ${forMs === null ? `until “${RELEASE_BUTTON}”` : `for ${WHILE}`}`,
    meaning,
    operation: { action, service, forMs, ...ASKED },
  };
}

function releasing({ service, circuit }: CircuitFacts): Button {
  return {
    label: RELEASE_BUTTON,
    question: `Let the circuit of ${service} move by itself again`,
    meaning:
      circuit?.state === 'forced-open'
        ? 'Some requests try the upstream first; all pass once those are answered well.'
        : 'It stops the traffic when too many requests fail.',
    operation: { action: 'release-circuit', service, ...ASKED },
  };
}

/** The circuit as the page shows it, which may be minutes old. */
function asShown({ circuit, shadow }: CircuitFacts): readonly string[] {
  if (circuit === null) return ['What the table has of the circuit cannot be read, and is replaced.'];
  const held = isForced(circuit) ? ` (${causeInWords(circuit)}), and that ends` : '';
  return [
    `When this was shown, the circuit was ${STATE_WORDS[circuit.state]}${held}.`,
    ...(shadow ? ['It is in shadow mode: by itself it rejects nothing.'] : []),
  ];
}
