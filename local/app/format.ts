import { masked } from '../../lambdas/contract/masked.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import type { RequestReport } from '../http/api.ts';
import type { LogEvent } from '../log-event.ts';
import type { AlarmChange } from '../metrics/alarms.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A line for the terminal; undefined for events that only `verbose` shows. Clients choose the paths and claims in it.
 */
export function formatEvent(event: LogEvent, verbose: boolean): string | undefined {
  const line = format(event, verbose);
  return line === undefined ? undefined : printable(line);
}

function format(event: LogEvent, verbose: boolean): string | undefined {
  switch (event.kind) {
    case 'request':
      return verbose || event.report.reason !== undefined ? formatReport(event.report) : undefined;
    case 'line':
      return formatLine(event.label, event.line, verbose);
    case 'alarm':
      return formatAlarm(event.change, verbose);
    case 'notice':
      return event.text;
  }
}

/** A new alarm's first change, to OK, is shown with `verbose` only. */
function formatAlarm({ alarm, state, previous }: AlarmChange, verbose: boolean): string | undefined {
  if (!verbose && previous.value === 'INSUFFICIENT_DATA' && state.value === 'OK') return undefined;
  return `alarm ${alarm.name}: ${previous.value} -> ${state.value}. ${state.reason}`;
}

/** An answer of API Gateway itself; with `verbose`, every answer. */
function formatReport({ method, path, status, latencyMs, reason, routeKey }: RequestReport): string {
  const details = [reason, routeKey && `route ${routeKey}`].filter(Boolean).join(', ');
  return `api ${status} ${method} ${masked(path)} ${Math.round(latencyMs)} ms${details ? ` (${details})` : ''}`;
}

function formatLine(label: string, line: string, verbose: boolean): string {
  const fields = parse(line);
  if (verbose) return `${label} ${line}`;
  if (!fields) return `${label} ${inCheckout(line)}`;
  if ('service' in fields && 'status' in fields && 'method' in fields) return formatRequestLine(fields);
  const { _aws: _, ...rest } = fields;
  return `${label} ${Object.entries(rest)
    .map(([key, value]) => `${key}=${inCheckout(text(value))}`)
    .join(' ')}`;
}

/** Source maps resolve to `assembly/lambdas/…`, but the file is in the checkout. */
function inCheckout(text: string): string {
  return text.replace(/(?:file:\/\/)?\/[^\s()'"]*\/assembly\/(?=(?:lambdas|node_modules)\/)/g, '');
}

/** The one line that a proxy function writes for a request. */
function formatRequestLine(fields: Fields): string {
  const { service, status, method, path, latency_ms, upstream_ms, client, limited, error } = fields;
  const notes = [
    typeof upstream_ms === 'number' && `upstream ${Math.round(upstream_ms)} ms`,
    client,
    limited === true && 'limited',
    circuitNote(fields),
    fields['fallback'] === true && 'fallback',
    error,
  ].filter(Boolean);
  const took = typeof latency_ms === 'number' ? ` ${Math.round(latency_ms)} ms` : '';
  const noted = notes.length > 0 ? ` (${notes.map(text).join(', ')})` : '';
  return `${text(service)} ${text(status)} ${text(method)} ${text(path)}${took}${noted}`;
}

/** A closed circuit, the usual state, is left out. */
function circuitNote({ circuit, circuit_shadow }: Fields): string | undefined {
  if (typeof circuit !== 'string' || circuit === 'closed' || circuit === 'none') return undefined;
  return `circuit ${circuit}${circuit_shadow === true ? ', not obeyed in shadow mode' : ''}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parse(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
