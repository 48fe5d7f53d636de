/** One scope, RFC 6749 §3.3. It has no space, because spaces separate scopes. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
