// What CloudWatch takes out of a widget's HTML: everything that could run, load or lead somewhere by itself.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html

const FORBIDDEN = 'script, iframe, frame, frameset, object, embed, applet, link, meta, base, use, template, noscript';
const ADDRESSES = ['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'data', 'background'];

/** The HTML as nodes that are safe to insert. It is parsed in a document in which nothing runs. */
export function cleanHtml(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  for (const element of parsed.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of parsed.querySelectorAll('*')) cleanAttributes(element);
  const fragment = document.createDocumentFragment();
  // A style at the beginning is put into the head by the parser.
  fragment.append(...parsed.head.childNodes, ...parsed.body.childNodes);
  return fragment;
}

function cleanAttributes(element) {
  for (const { name, value } of [...element.attributes]) {
    const isHandler = name.toLowerCase().startsWith('on');
    const isDocument = name.toLowerCase() === 'srcdoc';
    const isBadAddress = ADDRESSES.includes(name.toLowerCase()) && !isHarmless(value);
    if (isHandler || isDocument || isBadAddress) element.removeAttribute(name);
  }
  if (element.localName === 'a') element.setAttribute('rel', 'noopener noreferrer');
}

/** Browsers drop control characters and spaces before they look for the scheme. */
function isHarmless(address) {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(address.replace(/[\p{C}\s]/gu, '')) ?? [];
  return scheme === undefined || /^(https?|mailto)$/i.test(scheme) || /^data:image\//i.test(address);
}
