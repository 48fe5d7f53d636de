/** What a check found. Every text may be published: no secret, token, key, address of the gateway or account. */
export type Outcome =
  | { readonly result: 'holds'; readonly seen: string }
  /** `means`: what that means for the team that runs the gateway, and what to do. */
  | { readonly result: 'differs'; readonly seen: string; readonly means: string }
  | { readonly result: 'not tried'; readonly why: string };

export function holds(seen: string): Outcome {
  return { result: 'holds', seen };
}

export function differs(seen: string, means: string): Outcome {
  return { result: 'differs', seen, means };
}

export function notTried(why: string): Outcome {
  return { result: 'not tried', why };
}
