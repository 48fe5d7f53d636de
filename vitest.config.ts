import { configDefaults, defineConfig } from 'vitest/config';

const SLOW = 'test/**/*.slow.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, SLOW] },
      },
      { extends: true, test: { name: 'slow', include: [SLOW] } },
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Tests start real servers; more workers than cores only make them wait for each other.
    maxWorkers: 2,
  },
});
