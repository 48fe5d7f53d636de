/** One scope, RFC 6749 §3.3: above all no space, which is what stands between two. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
