import { Widget } from './widget.js';

// Taken before any widget's HTML is in the page.
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

// Forms of widgets have fields for actions, and no address.
document.addEventListener('submit', (event) => event.preventDefault());

const widgets = [...document.querySelectorAll('.widget')].map((frame) => new Widget(frame, call));
for (const widget of widgets) widget.refresh();

/** The shortest that CloudWatch offers. */
const REFRESH_MS = 10_000;
setInterval(() => {
  if (document.hidden) return;
  for (const widget of widgets) widget.refreshUnlessUsed();
}, REFRESH_MS);
