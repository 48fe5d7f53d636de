import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import { describeError, writeLine } from '../log.ts';
import { NO_ANSWER, within } from '../within.ts';
import { fetchSigningKeys, JwksUnavailable } from './issuer-document.ts';
import { MAX_KID_LENGTH } from './key-document.ts';
import type { KeyRecord, KeyRecordStore } from './key-record-store.ts';

/** Keys are asked for again when they are older than this. */
export const FRESH_MS = 10 * 60_000;
/** One instance refreshes early, up to this much, so that the others find fresh keys in the table. */
const EARLIER_MS = 2 * 60_000;
/** While an issuer gives no keys, those that it gave last serve until they are older than this: half a day of outage. */
export const STALE_MS = 12 * 3_600_000;
/** Shortest time between two fetches for an unknown `kid`: junk tokens must not overload the issuer. */
export const UNKNOWN_KID_COOLDOWN_MS = 30_000;
/** The table is looked at because of such a `kid` no more often than this. */
export const TABLE_COOLDOWN_MS = 2000;
/** An issuer that gave no keys is asked again after this, and after twice as long each time that it gives none. */
export const BACKOFF_MS = { first: 5000, last: 60_000 } as const;
/** How long to wait for fresh keys while stale ones are available, ms. */
export const REFRESH_WAIT_MS = 300;
/**
 * Keys older than this are waited for to the end, each time that the issuer may be asked: what a reply does not wait for
 * is frozen with the instance, and where requests are few a slow answer would never arrive.
 */
export const OVERDUE_MS = 3_600_000;
/** A token waits for at most this many lookups of other tokens before its own lookup. */
const MAX_LOOKS = 2;
/** For each read and write of the shared record: without the table there is still the issuer. */
const TABLE_WAIT_MS = 300;

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Null: as the issuer's OpenID configuration says. */
  readonly jwksUri: string | null;
  /** Undefined: the keys are not shared with other instances. */
  readonly store: Pick<KeyRecordStore, 'read' | 'write'> | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
  /** Called when the issuer has withdrawn a key: tokens that it signed are no longer valid. */
  readonly onWithdrawn?: () => void;
}

/** A record ready for use. */
interface Known extends KeyRecord {
  readonly lookup: (header: JWTHeaderParameters, token: FlattenedJWSInput) => ReturnType<JWTVerifyGetKey>;
  /** Until when it is fresh for this instance. */
  readonly freshForMs: number;
}

type Reason = 'age' | 'unknown kid';

/**
 * An issuer's keys, found by `kid`: in memory, else in the table, where instances leave what the issuer gave them, else
 * at the issuer. One look under way at a time, which all who need it share. See docs/decisions/0017.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #known: Known | undefined;
  #refreshing: Promise<void> | undefined;
  #lookedForKidAtMs = Number.NEGATIVE_INFINITY;
  /** Since the issuer gave nothing when it was last asked. */
  #outage: { readonly error: JwksUnavailable; readonly untilMs: number; readonly pauseMs: number } | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** @throws JwksUnavailable, or a JOSEError when no key fits the token */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const known = await this.#current();
    if (isMissing(known, header)) await this.#lookForKid(header);
    const { lookup } = this.#known ?? known;
    try {
      return await lookup(header, token);
    } catch (error) {
      // A key that cannot be imported, such as a point off its curve: the issuer's fault, and of this key alone.
      throw error instanceof errors.JOSEError
        ? error
        : new errors.JWKInvalid('the key cannot be used', { cause: error });
    }
  };

  /** The known keys, refreshed when they are too old. */
  async #current(): Promise<Known> {
    const known = this.#known;
    if (known !== undefined && this.#mayServe(known)) return known;
    const refreshed = this.#refresh('age');
    if (known === undefined || this.#ageMs(known) >= STALE_MS) await refreshed;
    else if (this.#ageMs(known) >= OVERDUE_MS) await refreshed.catch(() => undefined);
    else await within(REFRESH_WAIT_MS, refreshed).catch(() => undefined);
    return this.#known ?? this.#fail();
  }

  /** Without a look: they are fresh, or stale and the issuer gave none just now. */
  #mayServe(known: Known): boolean {
    const ageMs = this.#ageMs(known);
    return ageMs < known.freshForMs || (ageMs < STALE_MS && this.#isPausing());
  }

  /** Looks for an unknown `kid`: its key may be new, or may not exist. */
  async #lookForKid(header: JWTHeaderParameters): Promise<void> {
    // A lookup under way may bring the key. It may also bring keys that are newer than the known ones.
    for (let looks = 0; looks < MAX_LOOKS && this.#refreshing !== undefined; looks += 1) {
      await this.#refreshing.catch(() => undefined);
      if (!isMissing(this.#known, header)) return;
    }
    const nowMs = this.#options.clock();
    if (Math.abs(nowMs - this.#lookedForKidAtMs) >= TABLE_COOLDOWN_MS) {
      this.#lookedForKidAtMs = nowMs;
      await this.#refresh('unknown kid', header);
    } else if (this.#outage !== undefined) {
      this.#fail();
    }
  }

  /** One refresh at a time; concurrent callers share it. */
  #refresh(reason: Reason, header?: JWTHeaderParameters): Promise<void> {
    this.#refreshing ??= this.#look(reason, header).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #look(reason: Reason, header: JWTHeaderParameters | undefined): Promise<void> {
    const read = await this.#readShared();
    const shared = read === NO_ANSWER ? undefined : read;
    if (shared !== undefined && (this.#known === undefined || shared.fetchedAtMs > this.#known.fetchedAtMs)) {
      this.#adopt(shared);
    }
    if (this.#isFound(header)) return;
    // In an outage of the issuer the key may be a new one, so the token must not be called invalid.
    if (this.#isPausing()) return this.#failUnlessStale(reason);
    if (reason === 'unknown kid' && this.#isCooling(shared)) return;
    const record = await this.#ask(reason);
    // A table that could not be read just now would only cost the same wait again.
    if (record !== undefined && read !== NO_ANSWER) await this.#writeShared(record);
  }

  #isFound(header: JWTHeaderParameters | undefined): boolean {
    const known = this.#known;
    if (known === undefined) return false;
    return header === undefined ? this.#ageMs(known) < known.freshForMs : !isMissing(known, header);
  }

  /** Whether this instance or another one asked the issuer for an unknown `kid` just now. */
  #isCooling(shared: KeyRecord | undefined): boolean {
    const nowMs = this.#options.clock();
    return [this.#known, shared].some(
      (record) => record !== undefined && Math.abs(nowMs - record.unknownKidAtMs) < UNKNOWN_KID_COOLDOWN_MS,
    );
  }

  /** Undefined: the issuer gave none, so the known keys stay in use. */
  async #ask(reason: Reason): Promise<KeyRecord | undefined> {
    const { issuer, jwksUri, clock } = this.#options;
    try {
      const keys = await fetchSigningKeys(issuer, jwksUri);
      const fetchedAtMs = clock();
      const unknownKidAtMs = reason === 'unknown kid' ? fetchedAtMs : 0;
      const record = { keys, fetchedAtMs, unknownKidAtMs };
      this.#adopt(record);
      this.#outage = undefined;
      return record;
    } catch (error) {
      if (!(error instanceof JwksUnavailable)) throw error;
      this.#pause(error);
      this.#failUnlessStale(reason);
      return undefined;
    }
  }

  #adopt(record: KeyRecord): void {
    const had = this.#known?.keys.map((key) => JSON.stringify(key)) ?? [];
    const has = new Set(record.keys.map((key) => JSON.stringify(key)));
    const { random = Math.random, onWithdrawn } = this.#options;
    this.#known = {
      ...record,
      lookup: createLocalJWKSet({ keys: [...record.keys] }),
      freshForMs: FRESH_MS - random() * EARLIER_MS,
    };
    // Another instance was given them after this one was not: the outage is over.
    if (this.#outage !== undefined && record.fetchedAtMs > this.#outage.untilMs - this.#outage.pauseMs)
      this.#outage = undefined;
    if (had.some((key) => !has.has(key))) onWithdrawn?.();
  }

  #pause(error: JwksUnavailable): void {
    const pauseMs = Math.min((this.#outage?.pauseMs ?? BACKOFF_MS.first / 2) * 2, BACKOFF_MS.last);
    this.#outage = { error, pauseMs, untilMs: this.#options.clock() + pauseMs };
    writeLine({ message: 'no keys from the issuer', error: describeError(error) });
  }

  #isPausing(): boolean {
    if (this.#outage === undefined) return false;
    const leftMs = this.#outage.untilMs - this.#options.clock();
    // A clock that stepped back would make the pause longer than any.
    return leftMs > 0 && leftMs <= BACKOFF_MS.last;
  }

  /** An outage fails no request while the available keys may still be used. */
  #failUnlessStale(reason: Reason): void {
    if (reason === 'age' && this.#known !== undefined && this.#ageMs(this.#known) < STALE_MS) return;
    this.#fail();
  }

  #fail(): never {
    throw this.#outage?.error ?? new JwksUnavailable(`no keys of ${this.#options.issuer}`);
  }

  /** A clock that stepped either way makes keys old. */
  #ageMs({ fetchedAtMs }: KeyRecord): number {
    return Math.abs(this.#options.clock() - fetchedAtMs);
  }

  /** `NO_ANSWER`: the table gave none; undefined: it has no record that may serve. */
  async #readShared(): Promise<KeyRecord | undefined | typeof NO_ANSWER> {
    const { store, issuer } = this.#options;
    if (store === undefined) return undefined;
    const record = await this.#inTime(store.read(issuer), 'not read from the table');
    return record === undefined || record === NO_ANSWER || this.#ageMs(record) < STALE_MS ? record : undefined;
  }

  /** Awaited, since Lambda freezes unfinished work after the reply. */
  async #writeShared(record: KeyRecord): Promise<void> {
    const { store, issuer } = this.#options;
    if (store !== undefined) await this.#inTime(store.write(issuer, record), 'not written to the table');
  }

  async #inTime<T>(call: Promise<T>, what: string): Promise<T | typeof NO_ANSWER> {
    try {
      const answer = await within(TABLE_WAIT_MS, call);
      if (answer !== NO_ANSWER) return answer;
      writeLine({ message: `keys ${what}`, error: `no answer within ${TABLE_WAIT_MS} ms` });
    } catch (error) {
      writeLine({ message: `keys ${what}`, error: describeError(error) });
    }
    return NO_ANSWER;
  }
}

/**
 * Whether a token names a key that is not among these but may be the issuer's. One that names none fits what its algorithm
 * fits.
 */
function isMissing(known: KeyRecord | undefined, { kid }: JWTHeaderParameters): boolean {
  return typeof kid === 'string' && kid.length <= MAX_KID_LENGTH && !known?.keys.some((key) => key.kid === kid);
}
