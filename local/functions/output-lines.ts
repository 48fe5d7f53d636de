import type { Readable } from 'node:stream';

/**
 * Calls with each line that ends in `\n` or `\r\n`, and with the rest at the end. Not as `node:readline` does, for which
 * U+2028 and U+2029 end a line as well: JSON leaves these as they are, and a request could break its own line with them.
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
