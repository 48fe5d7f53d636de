import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { withSecurityHeaders } from '../core/http/security-headers.ts';

/** `GET /health`. It asks no store, so that a slow store cannot take the gateway out of rotation. */
export async function handler(): Promise<APIGatewayProxyStructuredResultV2> {
  return {
    statusCode: 200,
    headers: withSecurityHeaders({ 'content-type': 'application/json', 'cache-control': 'no-store' }),
    body: '{"status":"ok"}',
  };
}
