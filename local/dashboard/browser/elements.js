/** Taken before any widget's HTML is in the page, in which an image could have the name of a method of the document. */
export const createElement = document.createElement.bind(document);
