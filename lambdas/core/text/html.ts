class SafeText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** A piece of HTML that is inserted as it is. Only `html` and `json` make one. */
export type Html = SafeText;

/** Values in a template; `false` and `null` print nothing. */
type Part = string | number | Html | false | null | readonly Part[];

/** Texts among the values are escaped, so that they stay texts between tags and in quoted attributes alike. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new SafeText(literals.map((literal, index) => literal + written(parts[index] ?? null)).join(''));
}

/**
 * A value as JSON, which is read back from an element's text. The characters that HTML gives a meaning stand as JSON's own
 * escapes, so that it is the same whether the reader takes the element's text or its source.
 */
export function json(value: object): Html {
  return new SafeText(JSON.stringify(value).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof SafeText) return part.toString();
  if (typeof part === 'object') return part.map(written).join('');
  return String(part).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);
}
