import { type Html, html } from '../core/text/html.ts';

/** Words on one line, however little room there is: half a time says nothing. */
export function unbroken(words: string | Html): Html {
  return html`<span style="white-space:nowrap">${words}</span>`;
}
