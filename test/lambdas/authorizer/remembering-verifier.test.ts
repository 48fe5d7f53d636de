import { beforeEach, describe, expect, it } from 'vitest';
import type { Accepted, CredentialVerifier, Verification } from '../../../lambdas/authorizer/credential-verifier.ts';
import { RememberingVerifier } from '../../../lambdas/authorizer/remembering-verifier.ts';
import { MAX_REMEMBERED, VerifiedCredentials } from '../../../lambdas/authorizer/verified-credentials.ts';
import { invalidToken } from '../../../lambdas/core/auth/authorization.ts';
import { ALICE } from '../../support/event.ts';

const ACCEPTED: Accepted = { verdict: 'accepted', verified: ALICE, untilMs: 5000 };

let remembered: VerifiedCredentials;
let verified: string[];
let answer: (credential: string) => Verification | Promise<Verification>;
let revoked: boolean | Promise<boolean>;

beforeEach(() => {
  remembered = new VerifiedCredentials();
  verified = [];
  answer = () => ACCEPTED;
  revoked = false;
});

function remembering(): RememberingVerifier {
  const verifier: CredentialVerifier = {
    verify: async (credential) => {
      verified.push(credential);
      return answer(credential);
    },
  };
  return new RememberingVerifier(verifier, { remembered, revoked: () => revoked });
}

describe('a credential', () => {
  it('is verified once and believed until its time is over', async () => {
    const verifier = remembering();
    for (const nowMs of [1000, 1001, 4999]) expect(await verifier.verify('a', nowMs)).toEqual(ACCEPTED);
    expect(verified).toEqual(['a']);
    await verifier.verify('a', 5000);
    expect(verified).toEqual(['a', 'a']);
  });

  it('is verified anew when the clock has stepped back by more than it could be believed for', async () => {
    const verifier = remembering();
    answer = () => ({ ...ACCEPTED, untilMs: 1_000_000 });
    await verifier.verify('a', 700_000);
    await verifier.verify('a', 700_000);
    expect(verified).toEqual(['a']);
    await verifier.verify('a', 699_999);
    expect(verified).toEqual(['a', 'a']);
  });

  it('answers for itself alone', async () => {
    const verifier = remembering();
    await verifier.verify('a', 0);
    answer = () => invalidToken('no');
    expect(await verifier.verify('b', 0)).toMatchObject({ verdict: 'rejected' });
    expect(await verifier.verify('A', 0)).toMatchObject({ verdict: 'rejected' });
  });

  it('that is refused is not remembered, and neither is a fault', async () => {
    const verifier = remembering();
    answer = () => invalidToken('no');
    await verifier.verify('a', 0);
    answer = () => Promise.reject(new Error('the table is gone'));
    await expect(verifier.verify('a', 0)).rejects.toThrow('the table is gone');
    answer = () => ACCEPTED;
    expect(await verifier.verify('a', 0)).toEqual(ACCEPTED);
    expect(verified).toHaveLength(3);
  });

  it('is known by its digest alone', async () => {
    const digest = remembered.digestOf('a secret');
    expect(digest).toHaveLength(44);
    expect(digest).not.toContain('secret');
  });
});

describe('all are forgotten', () => {
  it.each<[string, () => typeof revoked]>([
    ['is known to be', () => true],
    ['is found to be', () => Promise.resolve(true)],
  ])('when something %s revoked', async (_, answered) => {
    const verifier = remembering();
    await verifier.verify('a', 0);
    revoked = answered();
    await verifier.verify('a', 0);
    expect(verified).toHaveLength(2);
  });

  it('not when nothing was revoked', async () => {
    const verifier = remembering();
    await verifier.verify('a', 0);
    revoked = Promise.resolve(false);
    await verifier.verify('a', 0);
    expect(verified).toHaveLength(1);
  });

  it('by whichever verifier hears of it', async () => {
    const [one, other] = [remembering(), remembering()];
    await one.verify('a', 0);
    revoked = true;
    await other.verify('b', 0);
    revoked = false;
    await one.verify('a', 0);
    expect(verified).toEqual(['a', 'b', 'a']);
  });

  it('with what is being verified meanwhile: what it was verified by may be what is good no longer', async () => {
    const verifier = remembering();
    answer = () => {
      remembered.clear();
      return ACCEPTED;
    };
    await verifier.verify('a', 0);
    answer = () => ACCEPTED;
    await verifier.verify('a', 0);
    await verifier.verify('a', 0);
    expect(verified).toEqual(['a', 'a']);
  });
});

describe('room for newer credentials', () => {
  it('is made by the oldest, and one that was verified anew is not old', () => {
    for (let index = 0; index < MAX_REMEMBERED; index += 1) remembered.remember(`${index}`, ACCEPTED);
    remembered.remember('0', ACCEPTED);
    remembered.remember('new', ACCEPTED);
    expect(remembered.find('1', 0)).toBeUndefined();
    for (const digest of ['0', '2', 'new']) expect(remembered.find(digest, 0)).toEqual(ACCEPTED);
  });

  it('is made for none that was refused', async () => {
    const verifier = remembering();
    await verifier.verify('a', 0);
    answer = () => invalidToken('no');
    for (let index = 0; index <= MAX_REMEMBERED; index += 1) await verifier.verify(`${index}`, 0);
    expect(await verifier.verify('a', 0)).toEqual(ACCEPTED);
  });
});
