/** Data that the parent passes to a new instance. */
export interface InstanceData {
  /** Absolute path of the bundle's file. */
  readonly file: string;
  /** Name of the exported function. */
  readonly exportName: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
}

/** To the instance: one event. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly payload: string;
  readonly deadlineMs: number;
}

/** From the instance: it is ready, or the outcome of the event. */
export type InstanceMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly errorType: string; readonly message: string }
  | { readonly kind: 'replied'; readonly payload: string }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string };
