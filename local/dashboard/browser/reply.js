import { cleanHtml } from './clean.js';
import { createElement } from './elements.js';

/** A function's answer as nodes: HTML, Markdown as plain text, or JSON. */
export function replyNodes(reply) {
  if (typeof reply === 'string') return cleanHtml(reply);
  const isMarkdown = typeof reply?.markdown === 'string';
  return preformatted(isMarkdown ? reply.markdown : JSON.stringify(reply, null, 2));
}

export function faultNodes(message) {
  const paragraph = createElement('p');
  paragraph.setAttribute('role', 'alert');
  paragraph.className = 'fault';
  paragraph.textContent = message;
  return paragraph;
}

function preformatted(text) {
  const block = createElement('pre');
  block.textContent = text;
  return block;
}
