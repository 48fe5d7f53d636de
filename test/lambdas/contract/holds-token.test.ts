import { describe, expect, it } from 'vitest';
import { holdsToken } from '../../../lambdas/contract/holds-token.ts';

const [HEADER, PAYLOAD, SIGNATURE] = ['eyJhbGciOiJFUzI1NiJ9', 'A'.repeat(40), 'B'.repeat(86)];
const SIGNED = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;
const API_KEY = `tgk_4fzN9qXw2LbC_${'C'.repeat(49)}`;

function encoded(header: object): string {
  return Buffer.from(JSON.stringify(header, null, 1)).toString('base64url');
}

describe('a text', () => {
  it.each<readonly [what: string, text: string]>([
    ['a signed token', SIGNED],
    ['one whose header is not whole', `eyJh.${PAYLOAD}.${SIGNATURE}`],
    ['one without a signature', `${HEADER}.${PAYLOAD}.`],
    ['one with its payload elsewhere', `${HEADER}..${SIGNATURE}`],
    ['an encrypted token', `${HEADER}.key.iv.text.tag`],
    ['an encrypted token without a key', `${HEADER}..iv.text.tag`],
    ['an API key', API_KEY],
    ['an API key in a sentence', `see "${API_KEY}", leaked`],
    ['an API key that something is joined to', `key:x${API_KEY}_`],
    ['an API key whose end was cut', API_KEY.slice(0, -10)],
    ['one in a sentence', `see "${SIGNED}", stolen`],
    ['one after a line end', `\n${SIGNED}`],
    ['one whose header is written with spaces', `${encoded({ typ: 'JWT', alg: 'ES256' })}.${PAYLOAD}.${SIGNATURE}`],
    ...['id_', 'a', 'ab', 'abc', '__', '-', '--', 'a.', 'token:', 'token=', 'eyJ', 'é'].map(
      (front) => [`one with ${JSON.stringify(front)} joined to its front`, `${front}${SIGNED}`] as const,
    ),
  ])('holds %s', (_, text) => {
    expect(holdsToken(text)).toBe(true);
  });

  it.each([
    '',
    'alice',
    'eyJ',
    HEADER,
    `${HEADER}.${PAYLOAD}`,
    `${HEADER}...`,
    `${HEADER} . a . b`,
    '1.2.3',
    'monkeyJungle.prod.acme',
    'https://issuer.example/users/keyJohn.a.b',
    'key:4fzN9qXw2LbC',
    'tgk_4fzN9qXw2LbC_',
    `tgk_4fzN_${'C'.repeat(49)}`,
  ])('%j holds none', (text) => {
    expect(holdsToken(text)).toBe(false);
  });

  it('of any length is gone through once', () => {
    expect(holdsToken('eyJ'.repeat(100_000))).toBe(false);
  });
});
