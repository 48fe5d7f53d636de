import { createElement } from './elements.js';

// Modal dialogs of the page itself: the browser keeps the focus in them, and Escape closes them.

/** Asks before an action is taken, which is named on the button that does it; false: it is not to be. */
export function confirmation(message, action) {
  const dialog = createDialog('Confirm', textNode(message));
  const cancel = addButton(dialog, 'Cancel', '');
  addButton(dialog, action, 'confirmed').classList.add('primary');
  // Enter, pressed without looking, should change nothing.
  cancel.autofocus = true;
  return opened(dialog).then((answer) => answer === 'confirmed');
}

/** Shows what an action gave, until it is closed. */
export function popup(content) {
  const dialog = createDialog('Result', content);
  addButton(dialog, 'OK', '').autofocus = true;
  return opened(dialog);
}

/** Whether one is open. */
export function isAsking() {
  return document.querySelector('body > dialog') !== null;
}

function createDialog(title, content) {
  const dialog = createElement('dialog');
  dialog.setAttribute('aria-label', title);
  const body = createElement('div');
  body.append(content);
  const footer = createElement('footer');
  dialog.append(body, footer);
  return dialog;
}

function addButton(dialog, label, returnValue) {
  const button = createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', () => dialog.close(returnValue));
  dialog.querySelector(':scope > footer').append(button);
  return button;
}

/** The value that the dialog is closed with; '' after Escape. */
function opened(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

function textNode(message) {
  const paragraph = createElement('p');
  paragraph.textContent = message;
  return paragraph;
}
