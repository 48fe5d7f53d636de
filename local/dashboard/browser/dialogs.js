import { createElement } from './elements.js';

// Modal dialogs of the page: the browser keeps the focus inside, and Escape closes them.

/** Asks for confirmation; the button names the action. False: the user declined. */
export function confirmation(message, action) {
  const dialog = createDialog('Confirm', textNode(message));
  const cancel = addButton(dialog, 'Cancel', '');
  addButton(dialog, action, 'confirmed').classList.add('primary');
  // An accidental Enter must change nothing.
  cancel.autofocus = true;
  return opened(dialog).then((answer) => answer === 'confirmed');
}

/** Shows the result of an action until the user closes it. */
export function popup(content) {
  const dialog = createDialog('Result', content);
  addButton(dialog, 'OK', '').autofocus = true;
  return opened(dialog);
}

/** True while a dialog is open. */
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

/** Resolves with the value of the button that closes the dialog; '' after Escape. */
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
