import { describe, expect, it } from 'vitest';
import { askFor } from '../../bin/ops/ask-for.ts';
import { OpsError } from '../../bin/ops/errors.ts';

const LIST = { action: 'list-circuits' } as const;
const CIRCUITS = { ok: true, circuits: [], nowMs: 0 } as const;

describe('what a gateway is asked for', () => {
  it('is its answer', async () => {
    expect(await askFor('circuits', async () => CIRCUITS, LIST)).toBe(CIRCUITS);
  });

  it('may be refused, for a reason that is told', async () => {
    const refused = async () => ({ ok: false, error: { code: 'conflict', message: 'ask for it again' } }) as const;
    await expect(askFor('circuits', refused, LIST)).rejects.toThrow(new OpsError('ask for it again'));
  });

  it('may be something else than the answer of a function of another release', async () => {
    await expect(askFor('secret', async () => CIRCUITS, LIST)).rejects.toThrow(
      new OpsError('the operator function did not answer with a key'),
    );
  });
});
