import type { Readable } from 'node:stream';

/**
 * Lines that end in `\n` or `\r\n`. Not those of `node:readline`, which end at U+2028 and U+2029 as well: JSON leaves
 * these as they are, so that a request could break its own line in two with its path.
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
