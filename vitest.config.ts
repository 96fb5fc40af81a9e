import { defineConfig } from 'vitest/config';

/** Rooms that know no database: on another one they have nothing new to say. */
const ROOMS = [
  'src/{config,knowledge,models,outbound,sandbox,threads,tools}/**/*.test.ts',
  'src/engines/workflow/**/*.test.ts',
  'scripts/**/*.test.ts',
];
/** Files that measure their process, or replace modules (`vi.mock`), which others must not see. */
const APART = [
  ...['src/store/migrate.test.ts', 'src/store/upgrade.test.ts'],
  ...['src/runs/recorder.test.ts', 'src/runs/journal.test.ts'],
  ...['test/agents/stop*.test.ts', 'test/workflow/stop*.test.ts', 'test/security/tools-*.test.ts'],
];
const NEVER = ['**/node_modules/**'];

const project = (name: string, include: readonly string[], exclude: readonly string[], isolate: boolean) => ({
  extends: true as const,
  test: { name, include: [...include], exclude: [...exclude, ...NEVER], isolate },
});

// Processes of the server's tests keep the modules that they have loaded: loading the server anew for each file took
// longer than the tests of most files.
export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    projects: [
      project('rooms', ROOMS, [], true),
      project('server', ['src/**/*.test.ts', 'test/**/*.test.ts'], [...ROOMS, ...APART], false),
      project('server-apart', APART, [], true),
    ],
  },
});
