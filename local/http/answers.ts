import type { Response } from './message.ts';

/**
 * API Gateway's own answers, which an HTTP API cannot customize. AWS sends 401 for a missing identity source, 403 for
 * `isAuthorized: false`, 500 for a faulty authorizer or function, and 503 for a late integration.
 */
const MESSAGES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

export type AnswerStatus = keyof typeof MESSAGES;

export function answer(status: AnswerStatus): Response {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify({ message: MESSAGES[status] })),
  };
}
