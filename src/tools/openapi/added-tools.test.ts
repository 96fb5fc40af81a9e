import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataFolderInUse, openDataFolder } from '../../store/data-folder.ts';
import { type AddedTool, addedTools, addTool, removeTool } from './added-tools.ts';
import { dataSecret } from './data-secret.ts';
import { credentialKey, seal, unseal } from './seal.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-added-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const variable = (name: string) => `$\{${name}}`;

const secret = () => dataSecret(dataDir);
const options = (env: Record<string, string> = {}) => ({
  ...{ dataDir, secret, secrets: { A: 'b' } },
  variable: (name: string) => env[name],
});

const WEATHER: AddedTool = {
  name: 'weather',
  source: 'https://a.example/docs/weather.yml?key=hush',
  address: 'https://a.example/docs/weather.yml?key=hush',
  document: 'openapi: 3.0.3 # "ü"\n',
  headers: { authorization: `Bearer ${variable('WEATHER_KEY')}`, 'x-key': 'hush-1' },
  query: { appid: `<${variable('A')}${variable('B')}>` },
  baseUrl: 'https://b.example',
};

const read = async (env: Record<string, string> = {}) => {
  const { tools } = await addedTools(options(env));
  return Promise.all(tools.map((tool) => tool.read()));
};

test('what was added is found again, its references filled in', async () => {
  expect(addTool(WEATHER, { dataDir, secret })).toBe(true);
  expect(await read({ WEATHER_KEY: 'k-1\n', A: 'a', B: 'b' })).toEqual([
    {
      name: 'weather',
      timeoutMs: null,
      document: {
        kind: 'text',
        text: WEATHER.document,
        name: 'https://a.example/docs/weather.yml',
        address: WEATHER.address,
      },
      headers: { authorization: 'Bearer k-1', 'x-key': 'hush-1' },
      query: { appid: '<ab>' },
      baseUrl: 'https://b.example',
      secrets: { A: 'b' },
      unset: [],
    },
  ]);
  expect(await read({ A: 'a' })).toMatchObject([{ unset: ['WEATHER_KEY', 'B'] }]);
});

test('credentials are stored encrypted, for the owner of the folder only', () => {
  addTool(WEATHER, { dataDir, secret });
  const path = join(dataDir, 'tools', 'weather.json');
  expect([statSync(path).mode & 0o777, statSync(join(dataDir, 'tools')).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain('hush-1');
  expect(text).not.toContain(Buffer.from('hush-1').toString('base64').replace(/=+$/, ''));
  expect(text).not.toContain(readFileSync(join(dataDir, 'secret'), 'utf8').trim());
  expect(readdirSync(join(dataDir, 'tools'))).toEqual(['weather.json']);
});

test('a name is taken until it is removed', async () => {
  expect(addTool(WEATHER, { dataDir, secret })).toBe(true);
  expect(addTool({ ...WEATHER, document: 'other' }, { dataDir, secret })).toBe(false);
  expect(await read()).toMatchObject([{ document: { text: WEATHER.document } }]);
  expect(removeTool(dataDir, 'weather')).toBe(true);
  expect(await read()).toEqual([]);
  for (const name of ['weather', '../secret', '', 'a/b', '../tools/x'])
    expect(removeTool(dataDir, name)).toBe(false);
  expect(existsSync(join(dataDir, 'secret'))).toBe(true);
});

test('without credentials no secret is asked for', async () => {
  const none = () => {
    throw new Error('asked for');
  };
  addTool({ ...WEATHER, headers: {}, query: {} }, { dataDir, secret: none });
  const { tools } = await addedTools({ ...options(), secret: none });
  expect(await tools[0]?.read()).toMatchObject({ headers: {}, query: {} });
});

describe('what cannot be read says so, and shows nothing', () => {
  const path = () => join(dataDir, 'tools', 'weather.json');
  const failure = () =>
    read().then(
      () => 'no error',
      (error) => [error.kind, error.message],
    );
  const DAMAGED = 'what was stored of the added tool weather is damaged; remove it and add it again';
  const SEALED =
    'the credentials of weather cannot be decrypted with the secret of this data folder; remove it and add it again';

  test('another secret', async () => {
    addTool(WEATHER, { dataDir, secret });
    writeFileSync(join(dataDir, 'secret'), createHash('sha256').update('other').digest('hex'));
    expect(await failure()).toEqual(['credentials', SEALED]);
  });

  test('changed credentials, or those of another tool', async () => {
    addTool(WEATHER, { dataDir, secret });
    addTool({ ...WEATHER, name: 'other' }, { dataDir, secret });
    const record = JSON.parse(readFileSync(path(), 'utf8'));
    const bytes = Buffer.from(record.credentials, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const other = JSON.parse(readFileSync(join(dataDir, 'tools', 'other.json'), 'utf8')).credentials;
    removeTool(dataDir, 'other');
    for (const credentials of [bytes.toString('base64'), other, '', 'AAAA', '?']) {
      writeFileSync(path(), JSON.stringify({ ...record, credentials }));
      expect(await failure()).toEqual(['credentials', SEALED]);
    }
  });

  test('a record that is none', async () => {
    addTool(WEATHER, { dataDir, secret });
    const record = JSON.parse(readFileSync(path(), 'utf8'));
    for (const text of [
      '',
      '{',
      '[]',
      '{}',
      JSON.stringify({ ...record, version: 2 }),
      JSON.stringify({ ...record, name: 'other' }),
    ]) {
      writeFileSync(path(), text);
      expect(await failure()).toEqual(['failed', DAMAGED]);
    }
  });

  test('files that are no tools are passed over or refused', async () => {
    mkdirSync(join(dataDir, 'tools', 'folder.json'), { recursive: true });
    for (const name of ['.hidden.json', 'a b.json', 'note.txt', 'x.json.partial'])
      writeFileSync(join(dataDir, 'tools', name), '{}');
    const { tools, refused } = await addedTools(options());
    expect(tools).toEqual([]);
    expect(refused).toEqual([
      { file: 'folder.json', reason: 'not a regular file' },
      { file: 'tools/a b.json', reason: 'this is no name of a tool' },
    ]);
  });
});

describe('the secret of the data folder', () => {
  test('is made when there is none, and then the same for a server', () => {
    const made = dataSecret(join(dataDir, 'new'));
    const folder = openDataFolder(join(dataDir, 'new'));
    expect(Buffer.from(made)).toEqual(Buffer.from(folder.secret));
    // Beside the server that has the folder.
    expect(Buffer.from(dataSecret(join(dataDir, 'new')))).toEqual(Buffer.from(made));
    expect(() => openDataFolder(join(dataDir, 'new'))).toThrow(DataFolderInUse);
    folder.unlock();
  });

  test('that is damaged is not used', () => {
    dataSecret(dataDir);
    chmodSync(join(dataDir, 'secret'), 0o600);
    writeFileSync(join(dataDir, 'secret'), '');
    expect(() => dataSecret(dataDir)).toThrow('does not hold 64 hexadecimal digits');
  });
});

test('a seal holds for one key and one place', () => {
  const [key, other] = ['a', 'b'].map((text) => credentialKey(createHash('sha256').update(text).digest()));
  if (key === undefined || other === undefined) throw new Error('no key');
  const sealed = seal(key, 'secret ü', 'here');
  expect(seal(key, 'secret ü', 'here')).not.toBe(sealed);
  expect(unseal(key, sealed, 'here')).toBe('secret ü');
  expect(() => unseal(other, sealed, 'here')).toThrow();
  expect(() => unseal(key, sealed, 'there')).toThrow();
  expect(() => unseal(key, sealed.slice(0, 20), 'here')).toThrow();
});
