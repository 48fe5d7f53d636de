import type { Readable } from 'node:stream';

/**
 * Calls with each line, which `\n` or `\r\n` ends, and with the rest at the end. `node:readline` would also split at
 * U+2028 and U+2029. JSON does not escape these, so a request could split its log line.
 */
export function onLines(stream: Readable, call: (line: string) => void): void {
  let line = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [end = '', ...others] = chunk.split('\n');
    line += end;
    for (const other of others) {
      call(withoutReturn(line));
      line = other;
    }
  });
  stream.once('end', () => {
    if (line !== '') call(line);
  });
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
