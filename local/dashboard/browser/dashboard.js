import { Widget } from './widget.js';

// Read before the page holds any widget's HTML.
const { token } = document.documentElement.dataset;
document.documentElement.removeAttribute('data-token');

async function call(endpoint, event) {
  const response = await fetch('/dashboard/calls', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tollgate-token': token },
    body: JSON.stringify({ endpoint, event }),
  }).catch(() => {
    throw new Error('the gateway does not answer: does npm start still run?');
  });
  const reply = await response.json();
  if (!response.ok) throw new Error(reply.message);
  return reply;
}

// A widget's form has no address: its fields are for actions.
document.addEventListener('submit', (event) => event.preventDefault());

const widgets = [...document.querySelectorAll('.widget')].map((frame) => new Widget(frame, call));
for (const widget of widgets) widget.refresh();

/** The shortest interval that CloudWatch offers. */
const REFRESH_MS = 10_000;
setInterval(() => {
  if (document.hidden) return;
  for (const widget of widgets) widget.refreshUnlessUsed();
}, REFRESH_MS);
