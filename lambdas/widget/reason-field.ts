import { DecodeError, object, string } from '../contract/decode.ts';
import { MAX_REASON_LENGTH } from '../contract/operations/operation-fields.ts';
import { type Html, html } from '../core/text/html.ts';
import { shortened } from '../core/text/shortened.ts';

/** What the field is called of which a button's function is told with all others of the widget. */
export const REASON_FIELD = 'reason';
/** What is stored as the reason where nobody has typed one. */
export const USUAL_REASON = 'from the dashboard';

/** Where the reason is typed that the next button gives. Shown anew, the widget has what was typed before. */
export function reasonField(typed: string): Html {
  return html`<form style="margin:0 0 12px"><label>Reason of what you do next: <input name="${REASON_FIELD}" value="${typed}" placeholder="${USUAL_REASON}" maxlength="${MAX_REASON_LENGTH}" size="40" style="max-width:100%"></label></form>`;
}

const typed = object({ [REASON_FIELD]: string });
const context = object({ widgetContext: object({ forms: object({ all: typed }) }) });

/** What stands in the field; '' where CloudWatch does not say. */
export function typedReason(event: unknown): string {
  try {
    return shortened(context(event, 'event').widgetContext.forms.all[REASON_FIELD], MAX_REASON_LENGTH);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return '';
  }
}
