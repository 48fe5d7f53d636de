import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceparent } from '../../../../lambdas/core/http/trace.ts';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/;
const randomHex = (bytes: number) => randomBytes(bytes).toString('hex');
const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const NEW = `00-${'ab'.repeat(16)}-${'ab'.repeat(8)}-01`;

function traced(header: string | undefined): string {
  return traceparent(header, (bytes) => 'ab'.repeat(bytes));
}

describe('traceparent', () => {
  it.each([
    [ROOT, '01'],
    [`${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`, '01'],
    [`Self=1-67891234-12456789abcdef012345678;${ROOT}`, '01'],
    [`Self=x; ${ROOT}; Sampled=0`, '00'],
  ])("continues API Gateway's trace %s", (header, sampled) => {
    expect(traced(header)).toBe(`00-5759e988bd862e3fe1be46a994272793-${'ab'.repeat(8)}-${sampled}`);
  });

  it.each([
    undefined,
    '',
    'Root=',
    'Root=1-5759E988-bd862e3fe1be46a994272793',
    'Root=1-5759e988-bd862e3fe1be46a99427279',
    'Root=1-5759e988-bd862e3fe1be46a994272793f',
    'NotRoot=1-5759e988-bd862e3fe1be46a994272793',
    'Root=1-00000000-000000000000000000000000',
  ])('starts a trace of its own where %j names none that is valid', (header) => {
    expect(traced(header)).toBe(NEW);
  });

  it('is valid for W3C whatever a client sends', () => {
    const headers = fc.oneof(
      fc.string(),
      fc.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;Sampled=[01])?$/),
      fc.stringMatching(/^Root=1-0{8}-0{23}[01]$/),
    );
    fc.assert(fc.property(headers, (header) => TRACEPARENT.test(traceparent(header, randomHex))));
  });
});
