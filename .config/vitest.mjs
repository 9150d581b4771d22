import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['default', '.config/closing-line.mjs'],
    unstubEnvs: true,
    // A busy machine is no fault.
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
});
