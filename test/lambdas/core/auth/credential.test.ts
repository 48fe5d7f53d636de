import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_LENGTH } from '../../../../lambdas/core/auth/bearer.ts';
import { presentedIn } from '../../../../lambdas/core/auth/credential.ts';

const IN_AUTHORIZATION = { headers: ['authorization'], cacheable: true };
const IN_A_HEADER = { headers: ['x-api-key'], cacheable: true };
const IN_EITHER = { headers: ['authorization', 'x-api-key'], cacheable: false };

describe('a bearer credential', () => {
  it.each([
    ['Bearer eyJ.a.b', { kind: 'jwt', credential: 'eyJ.a.b' }],
    ['bearer  opaque', { kind: 'jwt', credential: 'opaque' }],
    ['Bearer tgk_x', { kind: 'apiKey', credential: 'tgk_x' }],
    ['Bearer TGK_x', { kind: 'jwt', credential: 'TGK_x' }],
  ])('is told by how it begins: %j', (authorization, presented) => {
    expect(presentedIn({ authorization }, IN_AUTHORIZATION)).toEqual({ ...presented, header: 'authorization' });
  });

  it.each(['Bearer', 'Bearer a b', 'Basic YTpi', 'tgk_x', ' ', `Bearer ${'a'.repeat(MAX_TOKEN_LENGTH + 1)}`])(
    'is not %j',
    (authorization) => {
      expect(presentedIn({ authorization }, IN_AUTHORIZATION)).toEqual({ kind: 'malformed' });
    },
  );

  it.each([{}, { authorization: '' }, { authorization: undefined }])('is missing in %j', (headers) => {
    expect(presentedIn(headers, IN_AUTHORIZATION)).toEqual({ kind: 'none' });
  });
});

describe('a key in a header of its own', () => {
  it('is the whole of it, and nothing else is one there', () => {
    expect(presentedIn({ 'x-api-key': ' tgk_x ' }, IN_A_HEADER)).toEqual({
      kind: 'apiKey',
      credential: 'tgk_x',
      header: 'x-api-key',
    });
    expect(presentedIn({ 'x-api-key': 'eyJ.a.b' }, IN_A_HEADER)).toMatchObject({
      kind: 'apiKey',
      credential: 'eyJ.a.b',
    });
  });
});

describe('a credential', () => {
  it('is looked for nowhere but where the route has it', () => {
    const both = { authorization: 'Bearer eyJ.a.b', 'x-api-key': 'tgk_x' };
    expect(presentedIn(both, IN_AUTHORIZATION)).toMatchObject({ kind: 'jwt', credential: 'eyJ.a.b' });
    expect(presentedIn(both, IN_A_HEADER)).toEqual({ kind: 'apiKey', credential: 'tgk_x', header: 'x-api-key' });
    expect(presentedIn({ 'x-api-key': 'tgk_x' }, IN_AUTHORIZATION)).toEqual({ kind: 'none' });
  });

  it('is one alone (RFC 6750 §2)', () => {
    expect(presentedIn({ authorization: 'Bearer a', 'x-api-key': 'tgk_x' }, IN_EITHER)).toEqual({ kind: 'several' });
    expect(presentedIn({ authorization: '', 'x-api-key': 'tgk_x' }, IN_EITHER)).toMatchObject({ kind: 'apiKey' });
    expect(presentedIn({ authorization: 'Bearer a' }, IN_EITHER)).toMatchObject({ kind: 'jwt' });
  });
});
