import { describeError, writeLine } from '../adapters/log.ts';
import type { RuleStore } from '../adapters/rule-store.ts';
import { DecodeError } from '../contract/decode.ts';
import {
  decodeOperation,
  type Failure,
  type List,
  type Operation,
  type OperationResult,
  type RulesResult,
} from '../contract/operations.ts';
import { InvalidOperationError } from '../contract/rule-id.ts';
import { canonicalId, isEmpty, type RuleChange, standingRule } from '../core/rules.ts';
import { ConflictError, changeRule } from './change-rule.ts';
import type { OpenCopies } from './open-copies.ts';
import { publish } from './publish.ts';

export interface OperateOptions {
  readonly gateway: string;
  readonly store: Pick<RuleStore, 'read' | 'write' | 'page' | 'list'>;
  /** Undefined: the gateway has no Redis. */
  readonly openCopies: (() => Promise<OpenCopies>) | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Does what an operator asks: the table first, for that is what holds, then the copies in Redis. What the operator can
 * put right is answered as data.
 *
 * @throws DecodeError for an item of the table that is no rule
 */
export function createOperate(options: OperateOptions) {
  return async (event: unknown): Promise<OperationResult> => {
    let operation: Operation | undefined;
    try {
      operation = canonical(decodeOperation(event));
      const result = await perform(operation, options);
      log(options.gateway, operation, result);
      return result;
    } catch (error) {
      const result = failureOf(error);
      log(options.gateway, operation, result);
      return result;
    }
  };
}

/** An address is asked for as its owner writes it, and counted by its network. */
function canonical(operation: Operation): Operation {
  return 'id' in operation ? { ...operation, id: canonicalId(operation.id) } : operation;
}

async function perform(operation: Operation, options: OperateOptions): Promise<OperationResult> {
  const { store, clock } = options;
  switch (operation.action) {
    case 'list':
      return page(operation, options);
    case 'get': {
      const rule = standingRule(await store.read(operation.id), clock());
      return { ok: true, rule, changed: false, pushed: false, note: null };
    }
    default: {
      const nowMs = clock();
      const { rule, changed } = await changeRule(store, operation.id, changeOf(operation, nowMs), nowMs);
      return { ok: true, rule, changed, ...(await publish(rule, options)) };
    }
  }
}

function changeOf(operation: Exclude<Operation, { readonly action: 'list' | 'get' }>, nowMs: number): RuleChange {
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

/** What has ended by itself is not shown. */
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

function failureOf(error: unknown): Failure {
  if (error instanceof DecodeError) throw error;
  if (error instanceof InvalidOperationError || error instanceof ConflictError) {
    return { ok: false, error: { code: error.code, message: error.message } };
  }
  return {
    ok: false,
    error: {
      code: 'store_unavailable',
      message: `the table does not answer (${describeError(error)}): it may have stored the operation or not, so ask for it again`,
    },
  };
}

/** Who asked is in CloudTrail, not here. An id is no credential: a token is named by its `jti`. */
function log(gateway: string, operation: Operation | undefined, result: OperationResult): void {
  writeLine({ message: result.ok ? 'operation' : 'operation failed', gateway, ...operation, ...toldOf(result) });
}

function toldOf(result: OperationResult): Record<string, unknown> {
  if (!result.ok) return { code: result.error.code, error: result.error.message };
  if ('rules' in result) return { rules: result.rules.length };
  const { changed, pushed, note, rule } = result;
  return { changed, pushed, version: rule.version, ...(note !== null && { note }) };
}
