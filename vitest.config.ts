import { defineConfig } from 'vitest/config';

/** Rooms that know no database: on another one they have nothing new to say. */
const ROOMS = [
  'src/{config,models,outbound,sandbox,tools}/**/*.test.ts',
  'src/engines/workflow/**/*.test.ts',
  'scripts/**/*.test.ts',
];
const ALL = ['src/**/*.test.ts', 'test/**/*.test.ts'];
/** Files that replace modules (`vi.mock`), which others must not see. */
const APART = [
  ...['src/store/migrate.test.ts', 'src/store/upgrade.test.ts'],
  ...['src/runs/recorder.test.ts', 'src/runs/journal.test.ts'],
  ...['test/agents/stop*.test.ts', 'test/security/tools-ssrf.test.ts'],
];
const NEVER = ['**/node_modules/**'];

// Processes keep the modules that they have loaded (`isolate: false`): loading the server anew for each file took longer
// than the tests of most files.
export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'rooms', include: ROOMS, exclude: NEVER, isolate: false } },
      {
        extends: true,
        test: { name: 'server', include: ALL, exclude: [...ROOMS, ...APART, ...NEVER], isolate: false },
      },
      { extends: true, test: { name: 'apart', include: APART, isolate: true } },
    ],
  },
});
