import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localSecret } from '../../bin/ops/local-secret.ts';
import { writeSecret } from '../../local/operator/secret.ts';
import { temporaryDir } from '../local/support/assembly.ts';

test('it is what the gateway on that port wrote', () => {
  const dir = temporaryDir();
  const [one, other] = [writeSecret(dir, 3010), writeSecret(dir, 3011)];
  expect([localSecret(3010, dir), localSecret(3011, dir)]).toEqual([one.value, other.value]);
});

test('without a gateway on that port there is none', () => {
  const dir = temporaryDir();
  writeSecret(dir, 3010).close();
  expect(() => localSecret(3010, dir)).toThrow(
    'no gateway of this checkout runs on port 3010: run npm start, or give the port that it prints as --local PORT',
  );
});

test.each([0o640, 0o604, 0o622])('a file that others can read or write is refused: mode %o', (mode) => {
  const dir = temporaryDir();
  const path = join(dir, 'operator-3010.secret');
  writeFileSync(path, 'known to all\n');
  chmodSync(path, mode);
  expect(() => localSecret(3010, dir)).toThrow(
    `${path} must be yours, and readable by you alone (mode 600): remove it and run npm start again`,
  );
});
