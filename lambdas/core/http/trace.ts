/** `Root=1-5759e988-bd862e3fe1be46a994272793` of the `x-amzn-trace-id` header that API Gateway adds; W3C forbids all zeros. */
const XRAY_ROOT = /(?:^|;\s*)Root=1-(?!0{8}-0{24})([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/;

/**
 * A W3C `traceparent` (Trace Context §3.2) that continues API Gateway's trace, or starts one.
 *
 * @param randomHex returns that many random bytes in hex
 */
export function traceparent(amznTraceId: string | undefined, randomHex: (bytes: number) => string): string {
  const root = XRAY_ROOT.exec(amznTraceId ?? '');
  const traceId = root === null ? randomHex(16) : `${root[1]}${root[2]}`;
  // HTTP APIs have no X-Ray tracing and decide no sampling; `00` would make an upstream's tracer drop its spans.
  const sampled = amznTraceId?.includes('Sampled=0') === true ? '00' : '01';
  return `00-${traceId}-${randomHex(8)}-${sampled}`;
}
