/** Bound before the page holds any widget's HTML: an image named `createElement` would hide the method. */
export const createElement = document.createElement.bind(document);
