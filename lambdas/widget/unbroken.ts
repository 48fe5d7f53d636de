import { type Html, html } from '../core/text/html.ts';

/** Words that stay on one line: half a time says nothing. */
export function unbroken(words: string | Html): Html {
  return html`<span style="white-space:nowrap">${words}</span>`;
}
