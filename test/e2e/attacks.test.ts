import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { earlyUploads } from '../attack/gateway/early-uploads.ts';
import { smuggling } from '../attack/gateway/smuggling.ts';
import { type Stage, startStage } from '../attack/gateway/stage.ts';
import { unreadable } from '../attack/gateway/unreadable.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test.each([smuggling, unreadable, earlyUploads(3)])('an attack fails: $name', async ({ run }) => {
  const { worked, seen } = await run(stage);
  expect(worked, seen).toBe(false);
});
