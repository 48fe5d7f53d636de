import type { Headers } from './message.ts';

/** Sets a header of the answer from another header of the function's reply. */
export interface ResponseParameter {
  /** In lower case. */
  readonly destination: string;
  readonly source: string;
}

/** By status of the answer. */
export type ResponseParameters = Readonly<Record<string, readonly ResponseParameter[]>>;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html "Reserved headers" */
const RESERVED = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-location',
  'forwarded',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
const RESERVED_FAMILY = /^(?:access-control-|apigw-|x-amz-|x-amzn-)/;

/** @returns undefined for a mapping that API Gateway refuses or that the local run does not know */
export function parseResponseParameter(destination: string, source: string): ResponseParameter | undefined {
  const [, to] = /^overwrite:header\.([\w-]+)$/i.exec(destination) ?? [];
  const [, from] = /^\$response\.header\.([\w-]+)$/i.exec(source) ?? [];
  if (to === undefined || from === undefined) return undefined;
  const names = [to.toLowerCase(), from.toLowerCase()] as const;
  if (names.some((name) => RESERVED.has(name) || RESERVED_FAMILY.test(name))) return undefined;
  return { destination: names[0], source: names[1] };
}

/** AWS does not document what happens with a missing source. Here nothing is written. */
export function withResponseParameters(headers: Headers, parameters: readonly ResponseParameter[]): Headers {
  return parameters.reduce((mapped, { destination, source }) => {
    const value = mapped.find(([name]) => name === source)?.[1];
    if (value === undefined) return mapped;
    return [...mapped.filter(([name]) => name !== destination), [destination, value] as const];
  }, headers);
}
