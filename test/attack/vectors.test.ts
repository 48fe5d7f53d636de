import { base64url, compactVerify, createLocalJWKSet, importJWK, type JWK } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { signingKeys } from '../../lambdas/adapters/auth/key-document.ts';
import { DEFAULT_MAPPING, type IssuerConfig } from '../../lambdas/contract/auth/authorizer-config.ts';
import { issuerConfig, jwtVerifier } from '../support/auth/authorizer.ts';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';

// The examples that the RFCs print. What signs is public there, so they say whether an implementation reads and checks
// the bytes as everybody does.

/** RFC 7515 appendix A.1 to A.4: one set of claims, which expired on 2011-03-22T18:43:00Z. */
const PAYLOAD = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const EXPIRES_AT_MS = 1_300_819_380_000;

const RS256_KEY: JWK = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const RS256_SIGNATURE =
  'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw';

const ES256_KEY: JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const ES256_SIGNATURE = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';

const ES512_KEY: JWK = {
  kty: 'EC',
  crv: 'P-521',
  x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
  y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
};
const ES512 = {
  header: 'eyJhbGciOiJFUzUxMiJ9',
  payload: 'UGF5bG9hZA',
  signature:
    'AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
};

/** RFC 7515 appendix A.1: a key that is shared, and what it makes of the claims. */
const HS256_KEY: JWK = {
  kty: 'oct',
  k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
};
const HS256_TOKEN = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;

/** RFC 8037 appendix A. */
const ED25519_KEY: JWK = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const ED25519_TOKEN =
  'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';

let issuer: TestServer | undefined;

afterEach(async () => {
  await issuer?.stop();
  issuer = undefined;
});

/** Verifies as of the examples' time, for an issuer called joe whose subjects are in `iss`: the examples have no `sub`. */
async function verify(
  token: string,
  keys: readonly JWK[],
  changes: Partial<IssuerConfig> = {},
  nowMs = EXPIRES_AT_MS - 1000,
) {
  issuer = await serveHttp((_, response) => response.end(JSON.stringify({ keys })));
  const config = issuerConfig({
    issuer: 'joe',
    audience: null,
    jwksUri: issuer.url,
    mapping: { ...DEFAULT_MAPPING, sub: '/iss' },
    ...changes,
  });
  return jwtVerifier({ issuers: [config], clock: () => nowMs }).verify(token, nowMs);
}

const JOE = { verdict: 'accepted', verified: { verdict: 'verified', sub: 'joe', client: 'sub:joe' } };
const REFUSED = { verdict: 'rejected', error: 'invalid_token' };

describe('RFC 7515 and RFC 7519', () => {
  it('A.2: RS256 is verified', async () => {
    expect(await verify(`eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${RS256_SIGNATURE}`, [RS256_KEY])).toMatchObject(JOE);
  });

  it('A.3: ES256 is verified', async () => {
    expect(await verify(`eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.${ES256_SIGNATURE}`, [ES256_KEY])).toMatchObject(JOE);
  });

  it('A.2 and A.3 are refused when they have expired, and by the key of the other', async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${RS256_SIGNATURE}`;
    expect(await verify(token, [RS256_KEY], {}, EXPIRES_AT_MS + 6000)).toMatchObject(REFUSED);
    await issuer?.stop();
    expect(await verify(token, [ES256_KEY])).toMatchObject(REFUSED);
  });

  it('A.4: ES512 has a good signature over what is no token', async () => {
    const token = `${ES512.header}.${ES512.payload}.${ES512.signature}`;
    const { payload } = await compactVerify(
      token,
      createLocalJWKSet({ keys: [...signingKeys(setOf(ES512_KEY), 'jwks')] }),
    );
    expect(Buffer.from(payload).toString()).toBe('Payload');
    expect(await verify(token, [ES512_KEY], { algorithms: ['ES512'] })).toMatchObject(REFUSED);
  });

  it('A.1: HS256 is refused, also where its key is in the set', async () => {
    expect(await compactVerify(HS256_TOKEN, await importJWK(HS256_KEY, 'HS256'))).toBeTruthy();
    expect(await verify(HS256_TOKEN, [{ ...HS256_KEY, alg: 'HS256' }, RS256_KEY])).toMatchObject(REFUSED);
  });

  it('A.5 and RFC 7519 §6.1: an unsecured token is refused', async () => {
    expect(await verify(`eyJhbGciOiJub25lIn0.${PAYLOAD}.`, [RS256_KEY])).toMatchObject(REFUSED);
  });

  it('appendix E: an extension that is critical and not understood is refused', async () => {
    const header = base64url.encode(
      JSON.stringify({
        alg: 'none',
        crit: ['http://example.invalid/UNDEFINED'],
        'http://example.invalid/UNDEFINED': true,
      }),
    );
    expect(await verify(`${header}.RkFJTA.`, [RS256_KEY])).toMatchObject(REFUSED);
  });
});

describe('RFC 8037', () => {
  it('A.4 and A.5: EdDSA has a good signature over what is no token', async () => {
    const keys = signingKeys(setOf(ED25519_KEY), 'jwks');
    const { payload } = await compactVerify(ED25519_TOKEN, createLocalJWKSet({ keys: [...keys] }));
    expect(Buffer.from(payload).toString()).toBe('Example of Ed25519 signing');
    expect(await verify(ED25519_TOKEN, [ED25519_KEY])).toMatchObject(REFUSED);
  });

  it('A.5: one bit of the signature changed makes it a bad one', async () => {
    const keys = createLocalJWKSet({ keys: [...signingKeys(setOf(ED25519_KEY), 'jwks')] });
    const broken = ED25519_TOKEN.replace('.hgyY', '.hgyZ');
    await expect(compactVerify(broken, keys)).rejects.toThrow('signature verification failed');
  });
});

function setOf(...keys: JWK[]): string {
  return JSON.stringify({ keys });
}
