import type { Headers } from './message.ts';

/**
 * Headers that API Gateway renames: as documented for REST APIs, and as reported for payload 2.0. Decision 0023.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const RENAMED = ['connection', 'content-length', 'date', 'server', 'user-agent', 'www-authenticate'];

export function remapped(headers: Headers): Headers {
  return headers.map(([name, value]) => [RENAMED.includes(name) ? `x-amzn-remapped-${name}` : name, value]);
}
