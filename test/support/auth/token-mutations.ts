/** Numbers from 0 to 1 that are the same for the same seed: a token that slips through can be made again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  // A linear congruential generator, with the constants that Knuth and Lewis proposed for 32 bits.
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Changes a good token into one that must not pass. */
export type Mutation = (token: string, random: () => number, other: string) => string;

type Parts = readonly [header: string, payload: string, signature: string];

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ODD = ['', ' ', '=', '+', '/', '.', '\u0000', '\n', '%2E', 'é', '{', '"', '\u202e', '𝕏'];

const partsOf = (token: string) => token.split('.') as unknown as Parts;
const encode = (text: string) => Buffer.from(text).toString('base64url');
const decode = (part: string) => Buffer.from(part, 'base64url').toString();
const pick = <T>(items: readonly T[], random: () => number) => items[Math.floor(random() * items.length)] as T;
const at = (length: number, random: () => number) => Math.floor(random() * length);

/** Only the signature stays: what it is of has changed. */
function withHeader(token: string, change: (header: Record<string, unknown>) => unknown): string {
  const [header, payload, signature] = partsOf(token);
  return `${encode(JSON.stringify(change(JSON.parse(decode(header)))))}.${payload}.${signature}`;
}

function withClaims(token: string, change: (claims: Record<string, unknown>) => unknown): string {
  const [header, payload, signature] = partsOf(token);
  return `${header}.${encode(JSON.stringify(change(JSON.parse(decode(payload)))))}.${signature}`;
}

function withSignature(token: string, change: (signature: Buffer) => Buffer): string {
  const [header, payload, signature] = partsOf(token);
  return `${header}.${payload}.${change(Buffer.from(signature, 'base64url')).toString('base64url')}`;
}

function flipped(bytes: Buffer, random: () => number): Buffer {
  const changed = Buffer.from(bytes);
  const index = at(changed.length, random);
  changed[index] = (changed[index] ?? 0) ^ (1 << at(8, random));
  return changed;
}

function anyValue(random: () => number): unknown {
  return pick<unknown>(
    [
      null,
      true,
      -1,
      0,
      2 ** 53,
      1e308,
      '',
      'admin',
      '9999999999',
      [],
      ['alice'],
      {},
      { a: { b: {} } },
      '../../etc/passwd',
      "' OR 1=1",
    ],
    random,
  );
}

function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a character replaced': (token, random) => {
    const index = at(token.length, random);
    return token.slice(0, index) + pick([...BASE64URL], random) + token.slice(index + 1);
  },
  'a character that is none of base64url put in': (token, random) => {
    const index = at(token.length + 1, random);
    return token.slice(0, index) + pick(ODD, random) + token.slice(index);
  },
  'a piece cut out': (token, random) => {
    const index = at(token.length, random);
    return token.slice(0, index) + token.slice(index + 1 + at(8, random));
  },
  'cut off': (token, random) => token.slice(0, at(token.length, random)),
  'a piece twice': (token, random) => {
    const index = at(token.length, random);
    return token.slice(0, index + 1 + at(20, random)) + token.slice(index);
  },
  'a bit of the signature flipped': (token, random) => withSignature(token, (bytes) => flipped(bytes, random)),
  'a bit of the claims flipped': (token, random) => {
    const [header, payload, signature] = partsOf(token);
    return `${header}.${flipped(Buffer.from(payload, 'base64url'), random).toString('base64url')}.${signature}`;
  },
  'a signature of zeros, of ones, or none': (token, random) =>
    withSignature(token, (bytes) =>
      pick([Buffer.alloc(bytes.length), Buffer.alloc(bytes.length, 255), Buffer.alloc(0)], random),
    ),
  'a signature with bytes more or less': (token, random) =>
    withSignature(token, (bytes) =>
      pick(
        [Buffer.concat([bytes, Buffer.from([0])]), bytes.subarray(1), Buffer.concat([Buffer.from([0]), bytes])],
        random,
      ),
    ),
  'bits of the last character that belong to no byte': (token, random) => {
    const [header, payload, signature] = partsOf(token);
    const parts = [header, payload, signature];
    const index = at(3, random);
    const part = parts[index] ?? '';
    const last = BASE64URL.indexOf(part.at(-1) ?? '');
    parts[index] = part.slice(0, -1) + BASE64URL[last ^ (1 + at(3, random))];
    return parts.join('.');
  },
  'padding, or characters of plain base64': (token, random) => {
    const parts: string[] = [...partsOf(token)];
    const index = at(3, random);
    const part = parts[index] ?? '';
    parts[index] = pick([`${part}=`, `${part}==`, part.replaceAll('-', '+').replaceAll('_', '/')], random);
    return parts.join('.');
  },
  'the signature of another token': (token, _, other) => {
    const [header, payload] = partsOf(token);
    return `${header}.${payload}.${partsOf(other)[2]}`;
  },
  'the claims of another token': (token, _, other) => {
    const [header, , signature] = partsOf(token);
    return `${header}.${partsOf(other)[1]}.${signature}`;
  },
  'another alg': (token, random) =>
    withHeader(token, (header) => ({
      ...header,
      alg: pick(
        [
          'none',
          'None',
          'nOnE',
          '',
          'HS256',
          'HS512',
          'RS256',
          'RS512',
          'PS256',
          'ES384',
          'EdDSA',
          'dir',
          256,
          null,
          ['ES256'],
        ].filter((alg) => alg !== header['alg']),
        random,
      ),
    })),
  'a key of its own in the header': (token, random) =>
    withHeader(token, (header) => ({
      ...header,
      ...pick(
        [
          { jwk: { kty: 'oct', k: 'AAAA' } },
          { jku: 'http://127.0.0.1:1/' },
          { x5u: 'file:///etc/passwd' },
          { x5c: ['AAAA'] },
        ],
        random,
      ),
    })),
  'another kid': (token, random) =>
    withHeader(token, (header) => ({
      ...header,
      kid: pick(
        ['', '../../dev/null', "x' UNION SELECT 1--", 'constructor', '__proto__', 'x'.repeat(5000), 1, null, ['a'], {}],
        random,
      ),
    })),
  'critical extensions': (token, random) =>
    withHeader(token, (header) => ({
      ...header,
      crit: pick<unknown>([['exp'], [], 'b64', ['b64'], [1]], random),
      b64: false,
    })),
  'another claim': (token, random) => {
    const name = pick(['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'roles', 'scope', '__proto__', 'toString'], random);
    return withClaims(token, (claims) =>
      Object.assign({ x: random() }, claims, Object.fromEntries([[name, anyValue(random)]])),
    );
  },
  'a claim named twice': (token, random) => {
    const [header, payload, signature] = partsOf(token);
    const text = decode(payload).replace(/^\{/, `{"sub":${JSON.stringify(anyValue(random))},`);
    return `${header}.${encode(text)}.${signature}`;
  },
  'claims nested deep': (token, random) =>
    withClaims(token, (claims) => ({ ...claims, x: nested(1 + at(1500, random)) })),
  'what is no object in place of the claims': (token, random) => {
    const [header, , signature] = partsOf(token);
    return `${header}.${encode(pick(['null', '[]', '1', '"x"', '{', '\ufeff{}', '{}{}', ''], random))}.${signature}`;
  },
  'bytes of any kind': (token, random) =>
    Array.from({ length: 1 + at(token.length, random) }, () => String.fromCharCode(at(0x180, random))).join(''),
  'parts more or fewer': (token, random) => {
    const [header, payload, signature] = partsOf(token);
    return pick(
      [
        `${header}.${payload}`,
        `${token}.`,
        `.${token}`,
        `${token}.${signature}`,
        `${header}..${signature}`,
        `${header}.${payload}.`,
        `${header}`,
        '..',
        '',
      ],
      random,
    );
  },
};
