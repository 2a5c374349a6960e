import { defineConfig } from 'vitest/config';

// Unit and contract tests sit beside the code and run from source. The end-to-end suite in tests/ runs the built product.
const shared = {
  resolve: { conditions: ['intermix-source'] },
  ssr: { resolve: { conditions: ['intermix-source'], externalConditions: ['intermix-source'] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'end-to-end',
          include: ['tests/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
