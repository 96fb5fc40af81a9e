import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/parley/test-database.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { findOrCreateEndUser } from '../../store/end-users.ts';
import { diskStorage } from '../../store/file-storage.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import type { EngineParts } from '../engine-parts.ts';
import { keepToolFile } from './keep-tool-file.ts';

let dir: string;
let database: TestDatabase;
let store: Store;
let parts: EngineParts;
let endUserId: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-tool-file-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );
  endUserId = (await findOrCreateEndUser(store, 'app', 'u1')).id;
  parts = { store, files: diskStorage(join(dir, 'files')) } as EngineParts;
});
afterAll(async () => {
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const data = new Uint8Array([1, 2, 3]);

function taskOf(given: Partial<EngineTask> = {}) {
  const events: Parameters<EngineTask['emit']>[0][] = [];
  const task = {
    owner: { appId: 'app', endUserId },
    kept: true,
    signal: new AbortController().signal,
    emit: (event: Parameters<EngineTask['emit']>[0]) => void events.push(event),
    ...given,
  } as unknown as EngineTask;
  return { task, events };
}

const keep = (filename: string, mimeType: string) =>
  keepToolFile(parts, taskOf().task, { kind: 'file', data, mimeType, filename });

test('a file is kept for the end user, with its bytes, and told of', async () => {
  const { task, events } = taskOf();
  const file = await keepToolFile(parts, task, {
    kind: 'file',
    data,
    mimeType: 'image/png',
    filename: 'a.PNG',
  });
  expect(file).toMatchObject({
    ...{
      type: 'image',
      transferMethod: 'tool_file',
      url: null,
      filename: 'a.PNG',
      extension: 'png',
      size: 3,
    },
  });
  expect(events).toEqual([{ kind: 'file', file }]);
  const uploadId = String(file?.uploadId);
  const row = await store
    .selectFrom('files')
    .selectAll()
    .where('id', '=', uploadId)
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({
    app_id: 'app',
    end_user_id: task.owner.endUserId,
    name: 'a.PNG',
    mime_type: 'image/png',
  });
  expect(await buffer((await parts.files.read(uploadId)).stream)).toEqual(Buffer.from(data));
});

test.each([
  ['../../etc/passwd', 'text/plain', 'passwd.txt', 'txt', 'document'],
  ['C:\\temp\\plan.pdf', 'application/pdf', 'plan.pdf', 'pdf', 'document'],
  ['a\u0000b\r\n.png', 'image/png', 'ab.png', 'png', 'image'],
  ['', 'image/jpeg', 'file.jpg', 'jpg', 'image'],
  ['/', 'application/x-nobody-knows', 'file', '', 'custom'],
  ['sound', 'audio/mpeg', 'sound.mpga', 'mpga', 'audio'],
  ['.png', 'image/png', '.png', 'png', 'image'],
  ['a.tar.gz', 'application/gzip', 'a.tar.gz', 'gz', 'custom'],
  [`${'n'.repeat(300)}.png`, 'image/png', `${'n'.repeat(196)}.png`, 'png', 'image'],
])('%j of %s is %s', async (given, mimeType, filename, extension, type) => {
  expect(await keep(given, mimeType)).toMatchObject({ filename, extension, type });
});

test('of a turn of which nothing is kept, no file is', async () => {
  const { task, events } = taskOf({ kept: false });
  expect(
    await keepToolFile(parts, task, { kind: 'file', data, mimeType: 'image/png', filename: 'a.png' }),
  ).toBeNull();
  expect(events).toEqual([]);
});

test('a run that is stopped keeps no more', async () => {
  const { task, events } = taskOf({ signal: AbortSignal.abort(new Error('stopped')) });
  await expect(
    keepToolFile(parts, task, { kind: 'file', data, mimeType: 'image/png', filename: 'a.png' }),
  ).rejects.toThrow();
  expect(events).toEqual([]);
});
