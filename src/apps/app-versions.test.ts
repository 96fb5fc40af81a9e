import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { options } from '../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../test/support/apps/workflow.fixture.ts';
import { createTestDatabase } from '../../test/support/parley/test-database.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { App } from './app.ts';
import { AppVersions } from './app-versions.ts';
import { readApp } from './dsl/read-app.ts';
import type { LargeAppReader } from './dsl/read-app-of-any-size.ts';
import { workflowIdOf } from './workflow-id.ts';

const readWorkflow = () => ({ problems: [], needs: [] });
const old = read('first');
const now = read('second');

function read(title: string, padding = 0): App {
  const source = `${workflowDsl([startNode()], [`features: { opening_statement: ${title} }`])}\n#${' '.repeat(padding)}`;
  return readApp(source, { ...options, readWorkflow });
}

let store: Store;
let folder: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  folder = mkdtempSync(join(tmpdir(), 'parley-versions-'));
  const { url } = database;
  store = await openStore(url ? { kind: 'postgres', url } : { kind: 'sqlite', path: join(folder, 'a.db') }, {
    info() {},
  });
});
afterAll(async () => {
  await store.destroy();
  await drop();
  rmSync(folder, { recursive: true });
});

test('an earlier version of a workflow is read with the reader of graphs, and has the settings of today', async () => {
  await new AppVersions(store, { workflowReader: () => readWorkflow }).keep(old);
  const versions = new AppVersions(store, { workflowReader: () => readWorkflow });
  const settings = { ...now.settings, env: { A: 1 } };
  const found = await versions.find({ ...now, settings }, old.version);
  expect(found).toEqual({ ...old, settings });
  expect(found?.config.workflow).toBe((await versions.find(now, old.version))?.config.workflow);
  expect(await versions.findWorkflow(now, workflowIdOf(old.version))).toMatchObject({ version: old.version });
});

test('without a reader of graphs there is none', async () => {
  expect(await new AppVersions(store, {}).find(now, old.version)).toBeNull();
});

test('a large version is read elsewhere, once for all who wait for it', async () => {
  const large = read('large', 300_000);
  const asked: string[] = [];
  const readLargeApp: LargeAppReader = async (source) => {
    asked.push(source);
    await Promise.resolve();
    return { app: structuredClone(large), warnings: [] };
  };
  const versions = new AppVersions(store, { workflowReader: () => readWorkflow, readLargeApp });
  await versions.keep(large);
  const found = await Promise.all([1, 2, 3].map(() => versions.find(now, large.version)));
  expect(asked).toEqual([large.definition]);
  for (const one of found) expect(one?.version).toBe(large.version);
  await versions.find(now, large.version);
  expect(asked).toHaveLength(1);
});
