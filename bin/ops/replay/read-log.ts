import { createReadStream } from 'node:fs';
import { linesOf } from './lines.ts';
import { type LogEntry, readEntry } from './log-entry.ts';

/** More entries do not fit into memory. */
const MAX_ENTRIES = 5_000_000;

export interface Log {
  readonly entries: readonly LogEntry[];
  /** Lines of another kind, or of requests that no limit was asked about. */
  readonly skipped: number;
}

/**
 * @param file path of the log, `-` for the standard input
 * @throws when it cannot be read, or holds more than 5,000,000 requests
 */
export async function readLog(file: string, keep: (entry: LogEntry) => boolean): Promise<Log> {
  const entries: LogEntry[] = [];
  let skipped = 0;
  const input = file === '-' ? process.stdin : createReadStream(file);
  // A stream that fails to open emits its error once, maybe before the reading begins.
  const failed = new Promise<never>((_, reject) => {
    input.once('error', reject);
  });
  const read = async () => {
    for await (const line of linesOf(input)) {
      const entry = readEntry(line);
      if (entry === undefined) skipped += 1;
      else if (keep(entry)) entries.push(entry);
      if (entries.length > MAX_ENTRIES) {
        throw new Error(`a log must hold at most ${MAX_ENTRIES} requests: replay a shorter time, or one --service`);
      }
    }
  };
  await Promise.race([read(), failed]);
  return { entries, skipped };
}
