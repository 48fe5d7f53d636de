import { parseArgs } from 'node:util';
import { ALGORITHMS, type Algorithm } from '../lambdas/contract/auth/authorizer-config.ts';
import type { KnownIssuer } from './demo/known-issuers.ts';
import { type TokenOptions, tokenDefaults } from './demo/mint.ts';
import { joinNegatives } from './join-negatives.ts';
import { UserError } from './user-error.ts';

export const TOKEN_USAGE = `usage: npm run --silent token -- [options]
  --sub NAME            subject (alice)
  --scope "a b"         scopes
  --claims JSON         further claims, an object
  --expires-in SECONDS  lifetime (3600); negative: expired already
  --alg NAME            ${ALGORITHMS.join(', ')}
  --issuer URL          one of the gateway's issuers (the first)
  --audience NAME       audience (the issuer's first)
  --rotate              signs with a key that the issuer has just made; the former ones stay good, and
                        a gateway asks for a key that it does not know once in 30 s`;

export interface TokenCommand {
  readonly token: TokenOptions;
  readonly rotate: boolean;
}

/** @returns undefined for --help */
export function parseTokenOptions(
  args: readonly string[],
  issuers: () => readonly KnownIssuer[],
): TokenCommand | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const claims = parseClaims(values.claims);
  const expiresInS = parseLifetime(values['expires-in']);
  const issuer = chooseIssuer(issuers(), values.issuer);
  const defaults = tokenDefaults(issuer);
  const token = {
    ...defaults,
    audience: values.audience ?? defaults.audience,
    algorithm: chooseAlgorithm(values.alg) ?? defaults.algorithm,
    subject: values.sub,
    scope: values.scope,
    claims,
    expiresInS,
  };
  return { token, rotate: values.rotate };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: joinNegatives(args, '--expires-in'),
      options: {
        sub: { type: 'string', default: 'alice' },
        scope: { type: 'string' },
        claims: { type: 'string' },
        'expires-in': { type: 'string', default: '3600' },
        alg: { type: 'string' },
        issuer: { type: 'string' },
        audience: { type: 'string' },
        rotate: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UserError('usage', (cause as Error).message.split('\n')[0] ?? '', { cause });
  }
}

function parseLifetime(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new UserError('usage', `--expires-in must be a whole number of seconds, got ${JSON.stringify(text)}`);
}

function parseClaims(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  const claims = parseJson(text);
  if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Record<string, unknown>;
  throw new UserError('usage', `--claims must be a JSON object, got ${JSON.stringify(text)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function chooseIssuer(issuers: readonly KnownIssuer[], wanted: string | undefined): KnownIssuer {
  const issuer = wanted === undefined ? issuers[0] : issuers.find(({ issuer }) => issuer === wanted);
  if (issuer) return issuer;
  const names = issuers.map(({ issuer }) => issuer).join(', ') || 'none';
  throw new UserError(
    'issuer_unknown',
    `--issuer must be one of the gateway's (${names}), got ${JSON.stringify(wanted ?? '')}`,
  );
}

/** Accepts an algorithm that the issuer does not allow, to show that the gateway rejects the token. */
function chooseAlgorithm(wanted: string | undefined): Algorithm | undefined {
  if (wanted === undefined) return undefined;
  const algorithm = ALGORITHMS.find((name) => name === wanted);
  if (algorithm) return algorithm;
  throw new UserError('usage', `--alg must be one of ${ALGORITHMS.join(', ')}, got ${JSON.stringify(wanted)}`);
}
