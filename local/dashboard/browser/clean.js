import { createElement } from './elements.js';

// What CloudWatch takes out of a widget's HTML: everything that could run, load or lead somewhere by itself.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html

const FORBIDDEN = 'script, iframe, frame, frameset, object, embed, applet, link, meta, base, use, template, noscript';
/** They could give a link another address later. */
const ANIMATIONS = 'animate, animateMotion, animateTransform, set';
const ADDRESSES = ['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'data', 'background'];
/** `<img name="body">` would be `document.body`. */
const MISNAMED = '[name]:not(input, select, textarea, button)';

/** The HTML as nodes that are safe to insert. It is parsed in a template, in which nothing runs. */
export function cleanHtml(html) {
  const template = createElement('template');
  template.innerHTML = html;
  const { content } = template;
  for (const element of content.querySelectorAll(`${FORBIDDEN}, ${ANIMATIONS}`)) element.remove();
  for (const element of content.querySelectorAll(MISNAMED)) removeAttribute.call(element, 'name');
  for (const element of content.querySelectorAll('*')) cleanAttributes(element);
  for (const link of content.querySelectorAll('a')) link.setAttribute('rel', 'noopener noreferrer');
  return content;
}

// Not `element.getAttribute`: in a form that is the field of that name, if it has one.
const { getAttribute, getAttributeNames, removeAttribute } = Element.prototype;

function cleanAttributes(element) {
  for (const name of getAttributeNames.call(element)) {
    const isHandler = name.toLowerCase().startsWith('on');
    const isDocument = name.toLowerCase() === 'srcdoc';
    const isBadAddress = ADDRESSES.includes(name.toLowerCase()) && !isHarmless(getAttribute.call(element, name));
    if (isHandler || isDocument || isBadAddress) removeAttribute.call(element, name);
  }
}

/** Browsers drop control characters and spaces before they look for the scheme. */
function isHarmless(address) {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(address.replace(/[\p{C}\s]/gu, '')) ?? [];
  return scheme === undefined || /^(https?|mailto)$/i.test(scheme) || /^data:image\//i.test(address);
}
