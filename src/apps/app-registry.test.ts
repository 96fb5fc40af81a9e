import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startNode, workflowDsl } from '../../test/support/apps/workflow.fixture.ts';
import type { AppSettings } from '../config/config.ts';
import { type AppRegistry, type AppRegistryOptions, openAppRegistry } from './app-registry.ts';
import type { WorkflowReader } from './workflow-reader.ts';

let dir: string;
let registry: AppRegistry | undefined;
let errors: { file: string; line: number; reason: string }[];
let changes: object[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-apps-'));
  errors = [];
  changes = [];
});
afterEach(async () => {
  await registry?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(extra: Partial<AppRegistryOptions> = {}): Promise<AppRegistry> {
  registry = await openAppRegistry({
    dir,
    settings: {},
    log: {
      info() {},
      warn() {},
      error: (facts, reason) => errors.push({ ...(facts as { file: string; line: number }), reason }),
    },
    onChange: (change) => changes.push(change),
    pollMs: 3_600_000,
    ...extra,
  });
  return registry;
}

const good = (statement: string) =>
  `app: { name: A, mode: chat }\nmodel_config:\n  model: { provider: p, name: m }\n  opening_statement: '${statement}'\n`;
const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
const statement = (id: string) => registry?.get(id)?.config.openingStatement;
const ids = () => registry?.list().map((app) => app.id);

test('loads the DSL files of the folder and nothing else', async () => {
  write('b.yml', good('1'));
  write('a.b-c_d.yaml', good('2'));
  write('.hidden.yml', 'broken: [');
  write('note.txt', 'x');
  mkdirSync(join(dir, 'sub.d'));
  await open();
  expect(ids()).toEqual(['a.b-c_d', 'b']);
  expect(errors).toEqual([]);
  expect(registry?.get('constructor')).toBeUndefined();
  expect(changes).toEqual([{ loaded: ['a.b-c_d', 'b'], removed: [], failed: [] }]);
});

test('a folder that is not there is an error', async () => {
  await expect(open({ dir: join(dir, 'none') })).rejects.toThrow('ENOENT');
});

test('settings reach their app', async () => {
  write('a.yml', good('1'));
  write('b.yml', good('1'));
  const settings: AppSettings = {
    onDisconnect: { kind: 'stop', afterMs: 1 },
    maxConcurrency: 2,
    missingTools: 'ignore',
    outboundAllow: [{ kind: 'host', host: 'internal.example', port: null }],
    env: { TOKEN: 'x', LIMIT: 3 },
  };
  await open({ settings: { a: settings } });
  expect(registry?.get('a')?.settings).toEqual(settings);
  expect(registry?.get('b')?.settings.maxConcurrency).toBeNull();
});

test('workflows are loaded with the reader of their graphs; what it finds wrong is told, and the last good version goes on', async () => {
  const readWorkflow: WorkflowReader = (graph) => ({
    problems: JSON.stringify(graph).includes('odd') ? [{ nodeId: 'x', message: 'is odd' }] : [],
    needs: [],
  });
  write('w.yml', workflowDsl([startNode()]));
  await open({ workflowReader: () => readWorkflow });
  expect(registry?.get('w')?.mode).toBe('workflow');
  write('w.yml', workflowDsl([startNode(), '{ id: x, data: { type: odd } }']));
  await registry?.reload();
  expect(registry?.get('w')?.definition).not.toContain('odd');
  expect(errors).toMatchObject([
    { file: 'w.yml', line: 6, reason: 'node x: is odd (the last good version goes on)' },
  ]);
});

describe('a look at the folder', () => {
  test('finds changed, new and removed files, and nothing where nothing happened', async () => {
    write('a.yml', good('1'));
    await open();
    const before = registry?.get('a');
    await registry?.reload();
    expect(changes).toHaveLength(1);
    expect(registry?.get('a')).toBe(before);

    write('a.yml', good('2'));
    write('b.yml', good('3'));
    await registry?.reload();
    expect([statement('a'), statement('b')]).toEqual(['2', '3']);
    expect(before?.config.openingStatement).toBe('1');

    rmSync(join(dir, 'a.yml'));
    await registry?.reload();
    expect(ids()).toEqual(['b']);
    expect(changes.at(-1)).toEqual({ loaded: [], removed: ['a'], failed: [] });
  });

  test('keeps the last good version of a broken file, reports it once, and takes the corrected one', async () => {
    write('a.yml', good('1'));
    await open();
    write('a.yml', `${good('2')}  prompt_type: nonsense\n  speech_to_text: 3\n`);
    await registry?.reload();
    await registry?.reload();
    expect(statement('a')).toBe('1');
    expect(errors.map(({ file, line }) => [file, line])).toEqual([
      ['a.yml', 5],
      ['a.yml', 6],
    ]);
    expect(errors[0]?.reason).toBe(
      'model_config.prompt_type: expected one of simple, advanced (the last good version goes on)',
    );
    expect(changes.at(-1)).toEqual({ loaded: [], removed: [], failed: ['a'] });

    write('a.yml', good('3'));
    await registry?.reload();
    expect(statement('a')).toBe('3');
  });

  test('sees a change that keeps size and time', async () => {
    write('a.yml', good('1'));
    const then = new Date(2020, 1, 1);
    utimesSync(join(dir, 'a.yml'), then, then);
    await open();
    write('a.yml', good('2'));
    utimesSync(join(dir, 'a.yml'), then, then);
    await registry?.reload();
    expect(statement('a')).toBe('2');
  });

  test('keeps its apps while the folder cannot be read', async () => {
    write('a.yml', good('1'));
    await open();
    renameSync(dir, `${dir}-away`);
    await expect(registry?.reload()).rejects.toThrow('ENOENT');
    expect(statement('a')).toBe('1');
    renameSync(`${dir}-away`, dir);
    await registry?.reload();
    expect(statement('a')).toBe('1');
  });
});

describe('files that are not served', () => {
  test('a second file of an id, until the first is gone', async () => {
    write('a.yaml', good('1'));
    write('a.yml', good('2'));
    await open();
    await registry?.reload();
    expect(statement('a')).toBe('1');
    expect(errors).toEqual([{ file: 'a.yml', line: 1, reason: 'the app a is already in a.yaml' }]);
    rmSync(join(dir, 'a.yaml'));
    await registry?.reload();
    expect(statement('a')).toBe('2');
  });

  test('names that are no ids, folders, modes that are not served', async () => {
    write('中译英.yml', good('1'));
    write('-x.yml', good('1'));
    write('flow.yml', 'app:\n  mode: workflow\n');
    mkdirSync(join(dir, 'folder.yml'));
    await open();
    expect(ids()).toEqual([]);
    expect(errors.map(({ file, line }) => [file, line]).sort()).toEqual([
      ['-x.yml', 1],
      ['flow.yml', 2],
      ['folder.yml', 1],
      ['中译英.yml', 1],
    ]);
  });

  test('links that leave the folder; links inside of it are followed', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'parley-outside-'));
    writeFileSync(join(outside, 'secret.yml'), good('secret'));
    symlinkSync(join(outside, 'secret.yml'), join(dir, 'out.yml'));
    symlinkSync(join(dir, 'gone.yml'), join(dir, 'broken.yml'));
    mkdirSync(join(dir, '..data'));
    writeFileSync(join(dir, '..data', 'in.yml'), good('inside'));
    symlinkSync(join('..data', 'in.yml'), join(dir, 'in.yml'));
    await open();
    expect(ids()).toEqual(['in']);
    expect(errors).toEqual([
      { file: 'broken.yml', line: 1, reason: 'the file cannot be read (ENOENT)' },
      { file: 'out.yml', line: 1, reason: 'the link leaves the apps folder' },
    ]);
    rmSync(outside, { recursive: true });
  });
});

describe('by itself', () => {
  const changed = (start: (onChange: () => void) => Promise<unknown>, act: () => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let armed = false;
    return start(() => armed && resolve()).then(async () => {
      armed = true;
      act();
      await promise;
    });
  };

  test('the registry is notified of a change', async () => {
    write('a.yml', good('1'));
    await changed(
      (onChange) => open({ onChange }),
      () => write('a.yml', good('2')),
    );
    expect(statement('a')).toBe('2');
  });

  test('the registry looks again where no notification comes', async () => {
    write('a.yml', good('1'));
    mkdirSync(join(dir, '..data'));
    writeFileSync(join(dir, '..data', 'in.yml'), good('1'));
    symlinkSync(join('..data', 'in.yml'), join(dir, 'in.yml'));
    await changed(
      (onChange) => open({ onChange, pollMs: 20 }),
      () => writeFileSync(join(dir, '..data', 'in.yml'), good('2')),
    );
    expect(statement('in')).toBe('2');
  });

  test('a closed registry stays as it is', async () => {
    write('a.yml', good('1'));
    await open({ pollMs: 10 });
    await registry?.close();
    write('a.yml', good('2'));
    await registry?.reload();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(statement('a')).toBe('1');
  });
});
