import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { html, json } from '../../../../lambdas/core/text/html.ts';

describe('a template', () => {
  test('escapes texts, and inserts what is HTML already as it is', () => {
    const name = html`<b>${'a & b'}</b>`;
    expect(`${html`<p title="${'"<\'>'}">${name}</p>`}`).toBe('<p title="&quot;&lt;&#39;&gt;"><b>a &amp; b</b></p>');
  });

  test('joins lists, writes numbers, and leaves nothing for false and null', () => {
    const items = [1, 2].map((item) => html`<li>${item}</li>`);
    expect(`${html`<ul>${items}${false}${null}${0}${''}</ul>`}`).toBe('<ul><li>1</li><li>2</li>0</ul>');
  });

  test('gives every text back to whoever reads the HTML', () => {
    const read = (source: string) =>
      source.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => READ[name] ?? 'not an escape');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = `${html`${text}`}`;
        expect(written).not.toMatch(/[<>"']/);
        expect(read(written)).toBe(text);
      }),
    );
  });
});

const READ: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

test('JSON needs no escapes of HTML, and says the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'binary' })), (value) => {
      const written = `${html`${json(value)}`}`;
      expect(written).not.toMatch(/[<>&]/);
      expect(JSON.parse(written)).toEqual({ ...value });
    }),
  );
});
