import { boolean, DecodeError, object, withDefault } from '../contract/decode.ts';
import { type ReadOptions, readCircuits } from './read-circuits.ts';
import { typedReason } from './reason-field.ts';
import { render, renderFault } from './render.ts';
import { zoneOf } from './time-text.ts';

export interface WidgetOptions extends ReadOptions {
  /** ARN of the function that the buttons call. */
  readonly operatorFunction: string;
}

const DOCUMENTATION = `## Circuits of the gateway

Shows the circuit of every service, who moved it and why, and what became of it before. Its buttons stop the traffic of a
service, let all of it through, or let its circuit move by itself again: they call the operator function, which you must be allowed to invoke.

It takes no parameters.`;

const asksForHelp = object({ describe: withDefault(boolean, false) });

/**
 * A custom widget of a CloudWatch dashboard: answers HTML, or with `describe` its documentation in Markdown, as AWS's
 * samples do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function createWidget({ operatorFunction, ...options }: WidgetOptions) {
  return async (event: unknown): Promise<string> => {
    if (isHelp(event)) return DOCUMENTATION;
    const circuits = await readCircuits(options);
    const [why] = circuits.map(({ unanswered }) => unanswered);
    if (why && circuits.every(({ unanswered }) => unanswered !== null)) return renderFault(why);
    const [nowMs, zone, reason] = [options.clock(), zoneOf(event), typedReason(event)];
    return render({ circuits, nowMs, zone, reason, operatorFunction });
  };
}

/** The author of the dashboard may write any parameters. */
function isHelp(event: unknown): boolean {
  try {
    return asksForHelp(event, 'event').describe;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}
