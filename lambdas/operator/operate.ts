import type { RevocationMarker } from '../adapters/auth/revocation-marker.ts';
import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { TableUnavailable } from '../adapters/table/table-unavailable.ts';
import { InvalidOperationError } from '../contract/limits/rule-id.ts';
import { isCircuitOperation } from '../contract/operations/circuit-operations.ts';
import {
  decodeOperation,
  type Failure,
  type List,
  type Operation,
  type OperationResult,
  type RuleOperation,
  type RuleResult,
  type RulesResult,
} from '../contract/operations/operations.ts';
import { canonicalId, isEmpty, type RuleChange, standingRule } from '../core/limits/rule-matching.ts';
import { createKey, type Keys, listKeys, type MadeKey, rotateKey } from './change-key.ts';
import { ConflictError, changeRule } from './change-rule.ts';
import { logOperation } from './log-operation.ts';
import type { OpenCopies } from './open-copies.ts';
import { type Circuits, operateCircuits } from './operate-circuits.ts';
import { publish } from './publish.ts';
import { RuleQuota, TooManyRulesError } from './rule-quota.ts';
import { forgetVerified, updateKey } from './update-authorizer.ts';

/** Completes the operation for its caller. @throws InvalidOperationError if the caller may not ask for it */
export type Admit = (operation: Operation) => Operation;
export type Operate = ReturnType<typeof createOperate>;

export interface OperateOptions {
  readonly gateway: string;
  readonly store: Pick<RuleStore, 'read' | 'write' | 'page' | 'list' | 'count'>;
  readonly keys: Keys;
  readonly marker: Pick<RevocationMarker, 'mark'>;
  readonly circuits: Circuits;
  /** Undefined: the gateway has no Redis. */
  readonly openCopies: (() => Promise<OpenCopies>) | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Performs an operator's operation: first in the table, which decides, then in the copies in Redis. Returns an error that
 * the operator can correct as data.
 *
 * @throws DecodeError for an item of the table that is no rule, and all unexpected errors
 */
export function createOperate(options: OperateOptions) {
  const quota = new RuleQuota(options.store);
  return async (event: unknown, admit: Admit = (operation) => operation): Promise<OperationResult> => {
    let operation: Operation | undefined;
    try {
      operation = canonical(decodeOperation(event));
      operation = admit(operation);
      const result = await perform(operation, options, quota);
      logOperation(options.gateway, operation, result);
      return result;
    } catch (error) {
      const result = failureOf(error);
      logOperation(options.gateway, operation, result);
      return result;
    }
  };
}

/** An operator writes a whole address; limits count its network. */
function canonical(operation: Operation): Operation {
  return 'id' in operation ? { ...operation, id: canonicalId(operation.id) } : operation;
}

async function perform(operation: Operation, options: OperateOptions, quota: RuleQuota): Promise<OperationResult> {
  const { store, keys, clock } = options;
  const nowMs = clock();
  if (isCircuitOperation(operation)) return operateCircuits(operation, options.circuits, nowMs);
  switch (operation.action) {
    case 'list':
      return page(operation, options);
    case 'get': {
      const rule = standingRule(await store.read(operation.id), nowMs);
      return { ok: true, rule, changed: false, pushed: false, note: null };
    }
    case 'list-keys':
      return listKeys(keys, operation, nowMs);
    case 'create-key':
      return { ok: true, ...(await createKey(keys, operation, nowMs)), note: null };
    case 'rotate-key':
      return rotated(await rotateKey(keys, operation, nowMs), options, nowMs);
    default:
      return changeRules(operation, options, quota, nowMs);
  }
}

type RuleChanging = Exclude<RuleOperation, { readonly action: 'list' | 'get' }>;

/** Changes the table, then the copies, which the next request reads, then what instances remember. */
async function changeRules(
  operation: RuleChanging,
  options: OperateOptions,
  quota: RuleQuota,
  nowMs: number,
): Promise<RuleResult> {
  const { store, marker } = options;
  const { action, id } = operation;
  const { rule, changed } = await changeRule({ store, quota }, id, changeOf(operation, nowMs), nowMs);
  const { pushed, note } = await publish(rule, options);
  const keyNote = action === 'limit' ? null : await updateKey(id, options, nowMs);
  const markNote = action === 'revoke' ? await forgetVerified(marker, nowMs) : null;
  return { ok: true, rule, changed, pushed, note: notes(note, keyNote, markNote) };
}

/** The authorizer's instances may remember a secret that ended at once. */
async function rotated(made: MadeKey, { marker }: OperateOptions, nowMs: number): Promise<OperationResult> {
  const note = made.key.formerUntilMs === null ? await forgetVerified(marker, nowMs) : null;
  return { ok: true, ...made, note };
}

function changeOf(operation: RuleChanging, nowMs: number): RuleChange {
  const { reason } = operation;
  switch (operation.action) {
    case 'revoke':
      return { type: 'revoke', untilMs: untilMs(operation.forMs, nowMs), reason };
    case 'restore':
      return { type: 'restore', reason };
    case 'limit': {
      const { limit, value, ratePerS, forMs } = operation;
      if (value === null) return { type: 'default', limit, reason };
      return { type: 'override', limit, override: { limit: value, ratePerS, untilMs: untilMs(forMs, nowMs) }, reason };
    }
  }
}

function untilMs(forMs: number | null, nowMs: number): number {
  return forMs === null ? 0 : nowMs + forMs;
}

/** Leaves out rules that have expired. */
async function page({ kind, after }: List, { store, clock }: OperateOptions): Promise<RulesResult> {
  const { rules, next } = await store.page({ consistent: true, ...(after !== null && { after }) });
  const nowMs = clock();
  const standing = rules.map((rule) => standingRule(rule, nowMs)).filter((rule) => !isEmpty(rule));
  return {
    ok: true,
    rules: standing.filter(({ id }) => kind === null || id.startsWith(`${kind}:`)),
    next: next ?? null,
  };
}

function notes(...all: readonly (string | null)[]): string | null {
  return all.filter((note) => note !== null).join('; ') || null;
}

/** Errors that the operator can correct. @throws all others */
function failureOf(error: unknown): Failure {
  if (error instanceof TableUnavailable) {
    const message = `${error.message}: it may have stored the operation or not, so ask for it again`;
    return { ok: false, error: { code: 'store_unavailable', message } };
  }
  const isForeseen =
    error instanceof InvalidOperationError || error instanceof ConflictError || error instanceof TooManyRulesError;
  if (!isForeseen) throw error;
  return { ok: false, error: { code: error.code, message: error.message } };
}
