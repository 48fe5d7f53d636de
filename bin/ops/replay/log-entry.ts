import { sourceNetwork } from '../../../lambdas/core/limits/source-address.ts';

/** One request of a log, as far as limits ask for it. */
export interface LogEntry {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** `sub:alice`, `key:4fzN9qXw2LbC`, or `ip:192.0.2.1` for a request without a credential. */
  readonly client: string;
  /**
   * As limits count it, of IPv6 the /64. Empty in the functions' own log, which knows it for requests without a subject
   * only.
   */
  readonly ip: string;
  /** Empty in the access log. */
  readonly service: string;
  /** `GET /api/users/{id}` */
  readonly route: string;
  /** Units that it counts for; 1 in the access log, which does not know. */
  readonly cost: number;
}

/** Refused before the limits: such a request counts in none. */
const UNCOUNTED = 401;
/** Counted where a proxy function answered it; API Gateway answers it by itself as well. */
const FORBIDDEN = 403;

/**
 * Reads one line of a proxy function's log or of the stage's access log; undefined for any other line, and for requests
 * that no limit was asked about. Text before the object, such as the time that an export adds, is left out.
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

/** The functions' log has it only where it is another than 1. */
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

/** API Gateway writes `-` for what it does not know. */
function text(value: unknown): string {
  return typeof value === 'string' && value !== '-' ? value : '';
}

/** `24/Nov/2026:07:04:52 +0000`, the form of `$context.requestTime`. */
function timeOf(written: string): number {
  const [, day, month, year, time, zone] = /^(\d+)\/(\w+)\/(\d+):([\d:]+) ([+-]\d{4})$/.exec(written) ?? [];
  return Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
}
