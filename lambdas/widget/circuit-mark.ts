import type { CircuitState } from '../contract/circuit/circuit-state.ts';
import { isForced } from '../core/circuit/circuit.ts';
import { type Html, html } from '../core/text/html.ts';

interface Mark {
  readonly sign: string;
  readonly colours: string;
}

/**
 * Only these marks have colours of their own, so the widget fits light and dark dashboards. Each mark has a sign and a word
 * too. Red rejects requests, blue lets them pass even if they fail, a flag means that an operator forced the state.
 */
const MARKS: Readonly<Record<CircuitState['state'], Mark>> = {
  closed: { sign: '✔', colours: 'color:#fff;background:#1d8102' },
  open: { sign: '✖', colours: 'color:#fff;background:#d13212' },
  'half-open': { sign: '◐', colours: 'color:#000;background:#ff9900' },
  'forced-open': { sign: '⚑ ✖', colours: 'color:#fff;background:#d13212' },
  'forced-closed': { sign: '⚑ ✔', colours: 'color:#fff;background:#0b62ba' },
};
/** The colours in shadow mode, where no state rejects requests. */
const SHADOWED = 'color:inherit;background:none;outline:1px dashed currentColor';

export function mark(circuit: CircuitState, shadow: boolean): Html {
  const { state } = circuit;
  const { sign, colours } = MARKS[state];
  const isShadowed = shadow && !isForced(circuit);
  return html`<span style="${isShadowed ? SHADOWED : colours};padding:0 6px;border-radius:4px;white-space:nowrap">${sign} ${state}${isShadowed && ' (shadow)'}</span>`;
}
