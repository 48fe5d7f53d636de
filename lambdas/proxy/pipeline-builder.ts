import middy from '@middy/core';
import type { Part, ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';
import type { Handler, Stage } from './stage.ts';

/**
 * Builds middy's pipeline stage by stage. It knows which parts the stages so far have given, so a stage that needs
 * another one does not compile there.
 */
export interface PipelineBuilder<Given extends Part> {
  use<Needs extends Given, Gives extends Part>(stage: Stage<Needs, Gives>): PipelineBuilder<Given | Gives>;
  handler<Needs extends Given>(handler: Handler<Needs>): ReturnType<typeof newPipeline>;
}

export function pipelineBuilder(): PipelineBuilder<never> {
  const pipeline = newPipeline();
  const builder: PipelineBuilder<Part> = {
    use: (stage) => {
      pipeline.use(stage);
      return builder;
    },
    handler: ({ handle }) => pipeline.handler(handle),
  };
  return builder as unknown as PipelineBuilder<never>;
}

function newPipeline() {
  // middy's own early timeout would cost a timer a request; the upstream's deadline ends well before the function's.
  return middy<ProxyEvent, ProxyResult, unknown, ProxyContext>({ timeoutEarlyInMillis: 0 });
}
