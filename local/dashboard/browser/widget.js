import { wireActions } from './actions.js';
import { widgetContext } from './context.js';
import { confirmation, isAsking, popup } from './dialogs.js';
import { faultNodes, replyNodes } from './reply.js';

/** Elements that the user types into, has unfolded, or waits for. */
const IN_USE = 'input:focus, select:focus, textarea:focus, details[open], [aria-busy]';

/** A custom widget in its frame. `call` invokes a function; the frame shows its reply or its error. */
export class Widget {
  #facts;
  #content;
  #call;
  /** Number of times that the content was replaced. */
  #shown = 0;

  constructor(frame, call) {
    this.#facts = JSON.parse(frame.dataset.widget);
    this.#content = frame.querySelector('.content');
    this.#call = call;
    frame.querySelector('.refresh').addEventListener('click', () => this.refresh());
  }

  async refresh() {
    this.#content.setAttribute('aria-busy', 'true');
    this.#show(await this.#current());
    this.#content.removeAttribute('aria-busy');
  }

  /** Refreshes unless the user works with the widget; never replaces newer content by older. */
  async refreshUnlessUsed() {
    if (this.#isUsed()) return;
    const shown = this.#shown;
    const nodes = await this.#current();
    if (shown === this.#shown && !this.#isUsed()) this.#show(nodes);
  }

  #isUsed() {
    return this.#content.matches('[aria-busy]') || this.#content.querySelector(IN_USE) !== null || isAsking();
  }

  #current() {
    return this.#nodesOf(this.#facts.endpoint, this.#facts.params);
  }

  #show(nodes) {
    this.#wire(nodes);
    const { activeElement } = document;
    const focused = this.#content.contains(activeElement) ? nameOf(activeElement) : undefined;
    this.#content.replaceChildren(nodes);
    this.#focus(focused);
    this.#shown += 1;
  }

  #wire(nodes) {
    if ('querySelectorAll' in nodes) wireActions(nodes, (action, element) => this.#perform(action, element));
  }

  async #perform(action, element) {
    const { textContent } = element;
    if (action.confirmation !== '' && !(await confirmation(action.confirmation, textContent))) return;
    const nodes = await this.#resultOf(action);
    if (action.display !== 'popup') return this.#show(nodes);
    this.#wire(nodes);
    await popup(nodes);
    if (action.kind !== 'call') return;
    // The action has probably changed the data that the widget shows.
    const name = nameOf(element);
    await this.refresh();
    this.#focus(name);
  }

  async #resultOf({ kind, endpoint, html, text }) {
    if (kind === 'html') return replyNodes(html);
    try {
      return await this.#nodesOf(endpoint, text.trim() === '' ? {} : JSON.parse(text));
    } catch (error) {
      return faultNodes(`the parameters of the action are no JSON: ${error.message}`);
    }
  }

  async #nodesOf(endpoint, params) {
    try {
      const context = widgetContext(this.#facts, this.#content);
      return replyNodes(await this.#call(endpoint, { ...params, widgetContext: context }));
    } catch (error) {
      return faultNodes(error.message);
    }
  }

  /** The focused element is gone: its successor gets the focus, so that keyboard users continue there. */
  #focus(name) {
    const operable = [...this.#content.querySelectorAll('[role=button], a[href], button')];
    operable.find((element) => nameOf(element) === name)?.focus();
  }
}

function nameOf(element) {
  return element.getAttribute('aria-label') ?? element.textContent;
}
