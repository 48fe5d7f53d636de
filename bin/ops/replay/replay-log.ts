import { OpsError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { readLog } from './read-log.ts';
import { replay } from './replay.ts';
import type { ReplayCommand } from './replay-command.ts';
import { describeResults } from './replay-report.ts';

/** Prints which clients would be refused. @throws OpsError */
export async function replayLog({ log, limits, service, top }: ReplayCommand, { out, err }: Output): Promise<void> {
  const services = new Set<string>();
  const { entries, skipped } = await readLog(log, (entry) => {
    services.add(entry.service);
    return service === undefined || entry.service === service;
  }).catch((cause) => {
    throw new OpsError(`${log} cannot be replayed: ${(cause as Error).message}`, { cause });
  });
  if (entries.length === 0) throw new OpsError(nothingToReplay(log, service, services));
  out(describeResults(replay(entries, limits), top));
  if (skipped > 0) err(`note: ${skipped} lines tell of no request that a limit was asked about`);
}

function nothingToReplay(log: string, service: string | undefined, services: ReadonlySet<string>): string {
  const named = [...services].filter((name) => name !== '').toSorted();
  if (named.length > 0) return `no request in ${log} is of the service ${service}: give one of ${named.join(', ')}`;
  if (services.size > 0) {
    return `the access log names no services, got --service ${service} for ${log}: leave it out, or give the functions' log`;
  }
  return `a log must have a line of a request that limits were asked about, got none in ${log}: give the JSON lines of the functions' or the access log, of npm start with npm start -- --verbose, from CloudWatch with aws logs tail LOG_GROUP --format short --since 1h`;
}
