import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { describeError, writeLine } from '../adapters/log.ts';
import type { Rejections } from '../contract/authorizer-config.ts';
import { encodeVerdict, type VerdictContext } from '../contract/verdict.ts';
import type { Verifier } from './verify.ts';

type Answer = APIGatewaySimpleAuthorizerWithContextResult<VerdictContext>;

/**
 * Answers API Gateway in its SIMPLE format. A throw becomes a 500 that is not cached; it happens only when an issuer's
 * keys cannot be had.
 */
export function createAuthorizer(verify: Verifier, rejections: Rejections) {
  return async (event: APIGatewayRequestAuthorizerEventV2): Promise<Answer> => {
    try {
      const verdict = await verify(event.headers?.['authorization'] ?? '');
      // A rejection passes so that the proxy function can say 401 and why; `bare` leaves it to API Gateway's own 403.
      const isAuthorized = verdict.verdict === 'verified' || rejections === 'explained';
      return { isAuthorized, context: encodeVerdict(verdict) };
    } catch (error) {
      const { requestId } = event.requestContext;
      writeLine({ message: 'authorizer failed', request_id: requestId, error: describeError(error) });
      throw error;
    }
  };
}
