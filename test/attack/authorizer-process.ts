import type { handler as authorize } from '../../lambdas/authorizer/handler.ts';
import { authorizerEvent } from '../support/auth/authorizer.ts';

// An instance of the authorizer in a process of its own: it is asked about tokens, so many at once, and tells how many
// of them got which answer.

export interface Question {
  readonly tokens: readonly string[];
  readonly atOnce: number;
}

/** `verified` with a 200, `invalid_token` and the like, or `fault`. */
export type Tally = Readonly<Record<string, number>>;

// The handler takes its configuration from the environment when it is loaded.
const { handler } = (await import('../../lambdas/authorizer/handler.ts')) as { readonly handler: typeof authorize };

async function answerTo(token: string): Promise<string> {
  try {
    const { context } = await handler(authorizerEvent({ authorization: `Bearer ${token}` }));
    return context?.['error'] ?? context?.['verdict'] ?? 'nothing';
  } catch {
    return 'fault';
  }
}

process.on('message', async ({ tokens, atOnce }: Question) => {
  const tally: Record<string, number> = {};
  const waiting = [...tokens];
  const worker = async () => {
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      const answer = await answerTo(token);
      tally[answer] = (tally[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.send?.(tally);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
