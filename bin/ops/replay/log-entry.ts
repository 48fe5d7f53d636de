import { sourceNetwork } from '../../../lambdas/core/limits/source-address.ts';

/** The fields of a logged request that limits need. */
export interface LogEntry {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** `sub:alice`, `key:4fzN9qXw2LbC`, or `ip:192.0.2.1` for a request without a credential. */
  readonly client: string;
  /**
   * As limits count it: the /64 of an IPv6 address. The functions' own log has it only for requests without a subject;
   * else it is empty.
   */
  readonly ip: string;
  /** Empty in the access log. */
  readonly service: string;
  /** `GET /api/users/{id}` */
  readonly route: string;
  /** Units that it costs; always 1 in the access log. */
  readonly cost: number;
}

/** Refused before the limits: such a request counts in none. */
const UNCOUNTED = 401;
/** Counted if a proxy function answered it; API Gateway itself answers 403, too. */
const FORBIDDEN = 403;

/**
 * Reads a line of a proxy function's log or of the stage's access log. Undefined: another line, or a request that no
 * limit decided on. Ignores text before the JSON object, such as the time in an exported log.
 */
export function readEntry(line: string): LogEntry | undefined {
  const fields = parse(line.slice(Math.max(0, line.indexOf('{'))));
  if (fields === undefined || !isCounted(fields)) return undefined;
  const entry = 'request_id' in fields ? ofFunction(fields) : ofAccessLog(fields);
  return Number.isFinite(entry.atMs) && entry.client !== '' ? entry : undefined;
}

function isCounted(fields: Fields): boolean {
  const status = Number(fields['status']);
  if (status === FORBIDDEN) return 'request_id' in fields || text(fields['integrationStatus']) !== '';
  return status !== UNCOUNTED;
}

function ofFunction(fields: Fields): LogEntry {
  const client = text(fields['client']);
  return {
    atMs: Number((fields['_aws'] as Fields | undefined)?.['Timestamp']),
    client,
    ip: client.startsWith('ip:') ? client.slice('ip:'.length) : '',
    service: text(fields['service']),
    route: text(fields['route']),
    cost: costOf(fields['cost']),
  };
}

function ofAccessLog(fields: Fields): LogEntry {
  const ip = sourceNetwork(text(fields['sourceIp']));
  return {
    atMs: timeOf(text(fields['requestTime'])),
    client: text(fields['client']) || (ip === '' ? '' : `ip:${ip}`),
    ip,
    service: '',
    route: text(fields['routeKey']),
    cost: 1,
  };
}

/** The functions' log leaves out a cost of 1. */
function costOf(value: unknown): number {
  return Number.isInteger(value) && Number(value) >= 1 ? Number(value) : 1;
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** API Gateway writes `-` for an unknown value. */
function text(value: unknown): string {
  return typeof value === 'string' && value !== '-' ? value : '';
}

/** `24/Nov/2026:07:04:52 +0000`, the form of `$context.requestTime`. */
function timeOf(written: string): number {
  const [, day, month, year, time, zone] = /^(\d+)\/(\w+)\/(\d+):([\d:]+) ([+-]\d{4})$/.exec(written) ?? [];
  return Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
}
