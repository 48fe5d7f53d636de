// A `cwdb-action` element defines what happens on the element before it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html

const EVENTS = ['click', 'dblclick', 'mouseenter'];
const OPERABLE = 'a[href], button, input, select, summary, textarea';

/** Removes the `cwdb-action` elements and calls `perform` when the user triggers one. */
export function wireActions(root, perform) {
  for (const tag of [...root.querySelectorAll('cwdb-action')]) {
    const element = tag.previousElementSibling;
    const action = actionOf(tag);
    tag.remove();
    if (element === null || action === undefined) continue;
    listen(element, action.event, () => perform(action, element));
  }
}

/** Undefined for an action that CloudWatch ignores. */
function actionOf(tag) {
  const attribute = (name, fallback) => tag.getAttribute(name) ?? fallback;
  const kind = attribute('action', 'html');
  const event = attribute('event', 'click');
  const isKnown = (kind === 'html' || kind === 'call') && EVENTS.includes(event);
  if (!isKnown || (event === 'mouseenter' && kind !== 'html')) return undefined;
  return {
    kind,
    event,
    confirmation: attribute('confirmation', ''),
    display: attribute('display', 'widget'),
    endpoint: attribute('endpoint', ''),
    html: tag.innerHTML,
    text: tag.textContent,
  };
}

/** One action at a time: a click during an action is ignored. */
function listen(element, event, perform) {
  let isBusy = false;
  if (event !== 'mouseenter' && !element.matches(OPERABLE)) makeOperable(element);
  element.addEventListener(event, async (happened) => {
    happened.preventDefault();
    if (isBusy) return;
    isBusy = true;
    element.setAttribute('aria-busy', 'true');
    try {
      await perform();
    } finally {
      isBusy = false;
      element.removeAttribute('aria-busy');
    }
  });
}

/** An `a` without an address is no link: it becomes a button for the keyboard and screen readers. */
function makeOperable(element) {
  element.tabIndex = 0;
  if (!element.hasAttribute('role')) element.setAttribute('role', 'button');
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    element.click();
  });
}
