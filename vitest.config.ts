import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Unit and contract tests sit beside the code and run from source. The end-to-end suites in tests/ run the built product.
const shared = {
  resolve: { conditions: ['intermix-source'] },
  ssr: { resolve: { conditions: ['intermix-source'], externalConditions: ['intermix-source'] } },
};

// The runner's own default leaves a core idle, which on a machine of two is half of them.
const workers = Math.max(2, availableParallelism() - 1);
const unit = { testTimeout: 20_000, hookTimeout: 30_000, maxWorkers: workers };
const endToEnd = { testTimeout: 60_000, hookTimeout: 120_000 };

/**
 * Left to `npm run test:long`: a minute of the vendor's SDK against refusals (what it does when all is well stays), and a call of
 * ten minutes that is recorded (`INTERMIX_TEST_RECORDED_SEC`).
 */
const long = ['peers/vendor-crm-sdk-refused', 'calls/long-recorded-call'];
const left = process.env.INTERMIX_LONG_TESTS === '1' ? [] : long.map((path) => `tests/${path}.test.ts`);

// Theirs is the built product, the test kit too: nothing of it is transformed again for each file.
const built = { server: { deps: { external: [/\/(?:packages|apps)\/[^/]+\/dist\//] } } };

/** Telephones and bots without a browser, and carriers, who wait for SIP's timers: two suites at once leave them time enough. */
const withTelephones = [
  ...['bot-in-a-flow', 'exotel-test-call', 'flow', 'recorded-calls', 'voice-v1'].map((name) => `calls/${name}`),
  'peers/baresip-carrier',
  'peers/foreign-carriers',
].map((path) => `tests/${path}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          ...unit,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          exclude: ['packages/store/**', '**/node_modules/**'],
          // A process for each of 280 files, which loads all its modules anew, is a third of the time. Tests put back what
          // they change: the runner what it changed for them.
          isolate: false,
          restoreMocks: true,
          unstubGlobals: true,
        },
      },
      {
        ...shared,
        // Engines of databases that are killed and opened again: each file has a process to itself.
        test: { ...unit, name: 'unit of the store', include: ['packages/store/src/**/*.test.ts'] },
      },
      {
        test: {
          ...endToEnd,
          ...built,
          name: 'end-to-end',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/{calls,peers}/**', '**/node_modules/**'],
          // They wait for servers to start and for SIP's timers most of the time: one more at once than cores.
          maxWorkers: Math.max(3, availableParallelism()),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...endToEnd,
          ...built,
          name: 'end-to-end with audio',
          include: ['tests/{calls,peers}/**/*.test.ts'],
          exclude: [...left, ...withTelephones, '**/node_modules/**'],
          fileParallelism: false, // A browser and tones that are listened to: one at a time.
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...endToEnd,
          ...built,
          name: 'end-to-end with telephones',
          include: withTelephones,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
