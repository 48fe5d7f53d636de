import { openByShare } from '../core/circuit/open-strategy.ts';
import { pipelineBuilder } from './pipeline-builder.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import { answers } from './stages/answering.ts';
import { authentication } from './stages/authentication.ts';
import { circuitBreaking, noCircuit } from './stages/circuit-breaking.ts';
import { composing } from './stages/composing.ts';
import { forwarding } from './stages/forwarding.ts';
import { logLine } from './stages/log-line.ts';
import { rateLimiting } from './stages/rate-limiting.ts';
import { routing } from './stages/routing.ts';
import { settling } from './stages/settling.ts';

/**
 * A request goes through the stages from top to bottom, its answer from bottom to top. A stage refuses a request by a
 * `Problem`, which `answers` turns into a response. Each stage declares what it needs from those before it: without one of
 * them, or in another order, this does not compile.
 */
export function pipeline(options: PipelineOptions) {
  const { policy, limiter, circuit: view, clock } = options;
  const { circuit } = policy;
  return pipelineBuilder()
    .use(logLine(options))
    .use(settling([limiter, view]))
    .use(answers(policy))
    .use(routing(policy))
    .use(authentication(policy))
    .use(rateLimiting(policy, limiter, clock))
    .use(composing(options))
    .use(circuit && view ? circuitBreaking({ ...options, circuit, view, opens: openByShare }) : noCircuit(options))
    .handler(forwarding(options));
}
