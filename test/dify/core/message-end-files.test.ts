import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { readStream, sendCompletion, streamChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { streamProblems } from '../../support/spec/dify-spec.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkM+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const KEYS = [
  'related_id',
  'extension',
  'filename',
  'size',
  'mime_type',
  'transfer_method',
  'type',
  'url',
  'upload_file_id',
  'remote_url',
];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const remoteUrl = 'https://img.example/photo.JPG?size=2';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const config = {
    file_upload: {
      enabled: true,
      allowed_file_types: ['image'],
      allowed_file_upload_methods: ['remote_url', 'local_file'],
      number_limits: 5,
    },
  };
  parley = await startParley({
    apps: { chat: chatApp(config), completion: completionApp(config), blind: chatApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

interface WireFile {
  readonly url: string;
  readonly [key: string]: unknown;
}

async function turnFiles(app: string): Promise<{ id: string; files: object[] }> {
  const response = await upload(parley, { name: 'Dot.png', type: 'image/png', data: PNG }, { app });
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  const files = [
    { type: 'image', transfer_method: 'local_file', upload_file_id: id },
    { type: 'image', transfer_method: 'remote_url', url: remoteUrl },
  ];
  return { id, files };
}

function endFiles(events: readonly Record<string, unknown>[]): WireFile[] {
  const end = events.at(-1);
  expect(end?.event).toBe('message_end');
  return end?.files as WireFile[];
}

async function expectFiles(files: WireFile[], uploadId: string): Promise<void> {
  expect(files.map((file) => Object.keys(file))).toEqual([KEYS, KEYS]);
  expect(files).toEqual([
    {
      related_id: expect.stringMatching(UUID),
      extension: '.png',
      filename: 'Dot.png',
      size: PNG.length,
      mime_type: 'image/png',
      transfer_method: 'local_file',
      type: 'image',
      url: expect.stringMatching(
        `^${parley.url}/files/${uploadId}/file-preview\\?timestamp=\\d+&nonce=\\w+&sign=[\\w-]+$`,
      ),
      upload_file_id: uploadId,
      remote_url: '',
    },
    {
      related_id: expect.stringMatching(UUID),
      extension: '.jpg',
      filename: 'photo.JPG',
      size: -1,
      mime_type: 'image/jpeg',
      transfer_method: 'remote_url',
      type: 'image',
      url: remoteUrl,
      upload_file_id: expect.stringMatching(UUID),
      remote_url: remoteUrl,
    },
  ]);
  const response = await fetch(files[0]?.url ?? '');
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(PNG);
}

test.each(['chat', 'completion'])(
  'message_end of a %s app lists what the user attached, live and told again after a restart',
  async (app) => {
    const { id, files } = await turnFiles(app);
    const events = await (app === 'chat'
      ? await streamChat(parley, { files })
      : await readStream(await sendCompletion(parley, { files, response_mode: 'streaming' }))
    ).readAll();
    const live = endFiles(events);
    await expectFiles(live, id);
    expect(streamProblems(app === 'chat' ? 'ChunkChatEvent' : 'ChunkCompletionEvent', events)).toEqual([]);

    const path = `/${app}-messages/${events[0]?.task_id}/events?user=u1`;
    const again = endFiles(await (await readStream(await parley.request(app, 'GET', path))).readAll());
    await expectFiles(again, id);
    await parley.restart();
    const recalled = endFiles(await (await readStream(await parley.request(app, 'GET', path))).readAll());
    await expectFiles(recalled, id);
    const ids = (list: WireFile[]) =>
      list.map(({ related_id, upload_file_id }) => [related_id, upload_file_id]);
    expect(ids(recalled)).toEqual(ids(live));
  },
);

test('null without files, and where the app takes none', async () => {
  expect(endFiles(await (await streamChat(parley)).readAll())).toBeNull();
  const files = [{ type: 'image', transfer_method: 'remote_url', url: 'https://img.example/a.png' }];
  expect(endFiles(await (await streamChat(parley, { files }, 'blind')).readAll())).toBeNull();
});

test('a later turn of the conversation does not list them', async () => {
  const { id, files } = await turnFiles('chat');
  const first = await (await streamChat(parley, { files })).readAll();
  await expectFiles(endFiles(first), id);
  const { conversation_id } = first[0] as { conversation_id: string };
  expect(endFiles(await (await streamChat(parley, { conversation_id })).readAll())).toBeNull();
});
