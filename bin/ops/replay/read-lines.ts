import type { Readable } from 'node:stream';

/**
 * Lines that end in `\n` or `\r\n`. `node:readline` would also split at U+2028 and U+2029. JSON does not escape these,
 * so a request's path could split its log line.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let line = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const [end = '', ...others] = chunk.split('\n');
    line += end;
    for (const other of others) {
      yield withoutReturn(line);
      line = other;
    }
  }
  if (line !== '') yield line;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
