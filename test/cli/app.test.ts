import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

let home: ParleyHome;
beforeAll(async () => {
  home = await parleyHome({ assistant: chatApp(), translator: completionApp() });
});
afterAll(() => home.remove());

test('app list shows the apps of the folder in columns, and the broken files on stderr', async () => {
  await writeFile(join(home.root, 'examples', 'broken.yml'), 'kind: app\napp: {mode: chat}\n');
  const { code, stdout, stderr } = await home.run('app', 'list');
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      'ID          MODE        MODEL              NAME',
      'assistant   chat        openai/mock-model  Test chat',
      'translator  completion  openai/mock-model  Test completion',
      '',
    ].join('\n'),
  );
  expect(stderr).toMatch(/^broken\.yml:1: Missing model_config/);
});

test('app list takes the folder from --apps, and says when it cannot be read', async () => {
  const { code, stderr } = await home.run('app', 'list', '--apps', 'nowhere');
  expect(code).toBe(1);
  expect(stderr).toMatch(/the apps folder .*nowhere cannot be read \(ENOENT\)/);
});

test('app check lists what a good file needs', async () => {
  const file = join('examples', 'translator.yml');
  expect(await home.run('app', 'check', file)).toEqual({
    code: 0,
    stdout: `${file}: ok\n  mode       completion\n  model      openai/mock-model\n  inputs     text\n`,
    stderr: '',
  });
});

test('app check names file and line of each problem, goes on with the other files, and exits with 1', async () => {
  const file = 'bad.yml';
  await writeFile(join(home.root, file), chatApp({ user_input_form: 'none' }));
  const { code, stdout } = await home.run('app', 'check', file, 'examples/assistant.yml');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^bad\.yml:\d+: .+/m);
  expect(stdout).toContain('examples/assistant.yml: ok');
});

test('app check tells what the app would run without', async () => {
  await writeFile(join(home.root, 'part.yml'), chatApp({ annotation_reply: { enabled: true } }));
  const { code, stdout } = await home.run('app', 'check', 'part.yml');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^part\.yml:\d+: annotation replies are not served yet.* \(warning\)$/m);
});

test('app check says when there is no such file', async () => {
  const { code, stderr } = await home.run('app', 'check', 'nothing.yml');
  expect(code).toBe(1);
  expect(stderr).toBe('nothing.yml: cannot be read (ENOENT)\n');
});
