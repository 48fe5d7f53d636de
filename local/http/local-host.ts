import { header, type Request } from './message.ts';

const HERE = ['127.0.0.1', 'localhost'];

/** False for a page that reaches this machine under a name of its own (DNS rebinding): its browser sends that name. */
export function isForLocalHost({ headers }: Request): boolean {
  const [host = ''] = (header(headers, 'host') ?? '').split(':');
  return HERE.includes(host);
}
