import { createElement } from './elements.js';

// CloudWatch removes from a widget's HTML everything that could run, load or navigate by itself.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html

const FORBIDDEN = 'script, iframe, frame, frameset, object, embed, applet, link, meta, base, use, template, noscript';
/** Animations could change a link's address later. */
const ANIMATIONS = 'animate, animateMotion, animateTransform, set';
const ADDRESSES = ['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'data', 'background'];
/** `<img name="body">` would replace `document.body`. */
const MISNAMED = '[name]:not(input, select, textarea, button)';

/** Parses the HTML in a template, where nothing runs, and returns nodes that are safe to insert. */
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

// Not `element.getAttribute`: a form's field of that name would hide the method.
const { getAttribute, getAttributeNames, removeAttribute } = Element.prototype;

function cleanAttributes(element) {
  for (const name of getAttributeNames.call(element)) {
    const isHandler = name.toLowerCase().startsWith('on');
    const isDocument = name.toLowerCase() === 'srcdoc';
    const isBadAddress = ADDRESSES.includes(name.toLowerCase()) && !isHarmless(getAttribute.call(element, name));
    if (isHandler || isDocument || isBadAddress) removeAttribute.call(element, name);
  }
}

/** Browsers drop control characters and spaces before they read the scheme. */
function isHarmless(address) {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(address.replace(/[\p{C}\s]/gu, '')) ?? [];
  return scheme === undefined || /^(https?|mailto)$/i.test(scheme) || /^data:image\//i.test(address);
}
