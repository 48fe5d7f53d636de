/** How an invocation ended. A function's error is an outcome: API Gateway turns it into an answer. */
export type Outcome =
  | { readonly kind: 'replied'; readonly payload: string }
  /** It threw, ran out of time or memory, or its process ended. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string }
  /** The caller's timeout passed; the function continues. `waiting`: no instance was free. */
  | { readonly kind: 'late'; readonly waiting: boolean }
  /** Its reserved concurrency is used up. */
  | { readonly kind: 'throttled' }
  /** The event is over Lambda's limit. */
  | { readonly kind: 'too-large' };

/** Invokes a function by name and waits for its outcome at most `timeoutMs`. */
export type Invoke = (functionName: string, event: object, timeoutMs: number) => Promise<Outcome>;

/** Lambda's longest timeout. */
export const INVOCATION_TIMEOUT_MS = 15 * 60_000;
