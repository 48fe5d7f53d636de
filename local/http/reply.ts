import type { Response } from './message.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Headers that concern one connection only. */
const NOT_PASSED_ON = ['keep-alive', 'transfer-encoding', 'upgrade'];

/** A function's reply (payload format 2.0) as the response to its request; undefined if it is malformed. */
export function responseOf(payload: string): Response | undefined {
  const reply = parse(payload);
  if (reply === undefined) return undefined;
  const structured = typeof reply === 'object' && reply !== null && 'statusCode' in reply;
  return structured ? structuredResponse(reply as Fields) : inferredResponse(reply);
}

/** Without a status code, the whole reply is the body of a 200. */
function inferredResponse(reply: unknown): Response {
  const body = typeof reply === 'string' ? reply : JSON.stringify(reply);
  return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(body) };
}

function structuredResponse(reply: Fields): Response | undefined {
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded } = reply;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (body !== null && typeof body !== 'string') return undefined;
  if (typeof headers !== 'object' || !Array.isArray(cookies)) return undefined;
  const fields = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const passed = fields.filter(([name]) => !NOT_PASSED_ON.includes(name));
  const typed = passed.some(([name]) => name === 'content-type');
  return {
    status,
    headers: [
      ...passed,
      ...(typed || !body ? [] : [['content-type', 'text/plain;charset=utf-8'] as const]),
      ...cookies.map((cookie) => ['set-cookie', String(cookie)] as const),
    ],
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
