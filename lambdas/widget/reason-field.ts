import { DecodeError, object, string } from '../contract/decode.ts';
import { MAX_REASON_LENGTH } from '../contract/operations/operation-fields.ts';
import { type Html, html } from '../core/text/html.ts';
import { shortened } from '../core/text/shortened.ts';

/** Name of the field; CloudWatch sends all fields of the widget to a button's function. */
export const REASON_FIELD = 'reason';
/** The stored reason if the operator types none. */
export const USUAL_REASON = 'from the dashboard';

/** The field for the reason of the next click. A refreshed widget keeps the typed text. */
export function reasonField(typed: string): Html {
  return html`<form style="margin:0 0 12px"><label>Reason of what you do next: <input name="${REASON_FIELD}" value="${typed}" placeholder="${USUAL_REASON}" maxlength="${MAX_REASON_LENGTH}" size="40" style="max-width:100%"></label></form>`;
}

const typed = object({ [REASON_FIELD]: string });
const context = object({ widgetContext: object({ forms: object({ all: typed }) }) });

/** The text of the field; '' if CloudWatch does not send it. */
export function typedReason(event: unknown): string {
  try {
    return shortened(context(event, 'event').widgetContext.forms.all[REASON_FIELD], MAX_REASON_LENGTH);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return '';
  }
}
