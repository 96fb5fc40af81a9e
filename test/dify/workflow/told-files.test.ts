import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { responseProblems } from '../../support/spec/dify-spec.ts';
import { type Callee, startCallee } from '../../support/tools/start-callee.ts';
import { answerNode, endNode, graphApp, startNode } from '../../workflow/graph-app.ts';
import { httpNode } from '../../workflow/stop-support.ts';
import { type Fields, messagesOf, runWorkflow } from '../../workflow/workflow-turns.ts';

const REMOTE = {
  ...{ type: 'image', transfer_method: 'remote_url', url: 'https://example.test/pictures/dog.png' },
};
const FORM = [
  { variable: 'file', type: 'file', allowed_file_types: ['image'] },
  { variable: 'files', type: 'file-list', max_length: 3, allowed_file_types: ['image'] },
  { variable: 'object', type: 'json_object' },
  { variable: 'text', type: 'paragraph' },
];

let callee: Callee;
let parley: TestParley;
let store: Store;
/** Uploads of `u1`, of another end user, and of their namesake in another app. */
let own: string;
let foreign: string;
let otherApp: string;

beforeAll(async () => {
  callee = await startCallee({ headers: { 'content-type': 'image/png' }, body: Buffer.from('a picture') });
  const nodes = { start: startNode(...FORM), get: httpNode(`${callee.url}/cat.png`) };
  parley = await startParley({
    apps: {
      chatflow: graphApp('advanced-chat', {
        ...nodes,
        answer: answerNode('{{#sys.query#}} {{#get.files#}}'),
      }),
      workflow: graphApp('workflow', {
        ...nodes,
        end: endNode({ made: ['get', 'files'], text: ['start', 'text'], object: ['start', 'object'] }),
      }),
    },
    config: { outbound: { allow: [`127.0.0.1:${callee.port}`] } },
  });
  store = await openTestStore(parley);
  own = await put('chatflow', 'u1');
  foreign = await put('chatflow', 'victim');
  otherApp = await put('workflow', 'u1');
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await callee.close();
});

async function put(app: string, user: string): Promise<string> {
  const file = { name: 'cat.png', type: 'image/png', data: `of ${user} in ${app}` };
  return ((await (await upload(parley, file, { app, user })).json()) as { id: string }).id;
}
const stored = (upload_file_id: string) => ({ type: 'image', transfer_method: 'local_file', upload_file_id });
/** As it was signed long ago. */
const old = (id: string) =>
  `http://old.test/files/${id}/file-preview?timestamp=1700000000&nonce=${'0'.repeat(32)}&sign=${'x'.repeat(43)}`;
const fileObject = (id: string) => ({
  ...{ dify_model_identity: '__dify__file__', id: null, type: 'image', transfer_method: 'local_file' },
  ...{ remote_url: null, reference: id, related_id: id, filename: 'cat.png', extension: '.png' },
  ...{ mime_type: 'image/png', size: 'of u1 in chatflow'.length, url: expect.stringContaining('&sign=') },
});
const addressesIn = (text: unknown) => String(text).match(/http:[^\s)]+/g) ?? [];
async function contentAt(url: unknown): Promise<string> {
  const response = await fetch(String(url));
  expect(response.status).toBe(200);
  return response.text();
}
async function conversations(user = 'u1'): Promise<Fields[]> {
  const response = await parley.request('chatflow', 'GET', `/conversations?user=${user}`);
  const body = (await response.json()) as { data: Fields[] };
  expect(responseProblems('get', '/conversations', 200, body)).toEqual([]);
  return body.data;
}

describe('file inputs', () => {
  test('are told as File objects with addresses that work, wherever inputs are told', async () => {
    const object = stored(own);
    const inputs = { file: stored(own), files: [REMOTE, stored(own)], object, text: 'x' };
    const { conversation_id } = await answered(sendChat(parley, { inputs }, 'chatflow'));
    const [message] = await messagesOf(parley, 'chatflow', conversation_id);
    const renamed = await parley.request('chatflow', 'POST', `/conversations/${conversation_id}/name`, {
      ...{ user: 'u1', name: 'Cats' },
    });
    const told = [message, (await conversations())[0], (await renamed.json()) as Fields];
    for (const inputs of told.map((item) => item?.inputs)) {
      const { file, files, ...rest } = inputs as Record<string, Fields> & { files: Fields[] };
      expect(file).toEqual(fileObject(own));
      expect(files).toEqual([
        {
          ...{ dify_model_identity: '__dify__file__', id: null, type: 'image', size: -1 },
          ...{ transfer_method: 'remote_url', remote_url: REMOTE.url, url: REMOTE.url, reference: null },
          ...{ related_id: null, filename: 'dog.png', extension: '.png', mime_type: 'image/png' },
        },
        fileObject(own),
      ]);
      expect(rest, 'what is no field for files stays as it was sent').toEqual({ object, text: 'x' });
      expect(await contentAt(file?.url)).toBe('of u1 in chatflow');
    }
  });

  test('that are gone are told as they were sent', async () => {
    const gone = await put('chatflow', 'u1');
    const inputs = { file: stored(gone) };
    const { conversation_id } = await answered(sendChat(parley, { inputs }, 'chatflow'));
    await store.deleteFrom('message_files').where('file_id', '=', gone).execute();
    await store.deleteFrom('files').where('id', '=', gone).execute();
    const [message] = await messagesOf(parley, 'chatflow', conversation_id);
    expect(message?.inputs).toMatchObject({ file: stored(gone) });
  });

  test('of somebody else are not told, whatever is stored', async () => {
    const { conversation_id, message_id } = await answered(sendChat(parley, { user: 'eve' }, 'chatflow'));
    for (const id of [foreign, otherApp]) {
      const inputs = JSON.stringify({ file: stored(id), files: [stored(id)] });
      await store.updateTable('messages').set({ inputs }).where('id', '=', String(message_id)).execute();
      await store
        .updateTable('conversations')
        .set({ inputs })
        .where('id', '=', String(conversation_id))
        .execute();
      const [message] = await messagesOf(parley, 'chatflow', conversation_id, 'eve');
      expect(message?.inputs).toEqual(JSON.parse(inputs));
      expect((await conversations('eve'))[0]?.inputs).toEqual(JSON.parse(inputs));
    }
  });

  test('may be nothing, and other inputs anything', async () => {
    const inputs = { text: old(own), files: [] };
    const { conversation_id } = await answered(sendChat(parley, { inputs }, 'chatflow'));
    const [message] = await messagesOf(parley, 'chatflow', conversation_id);
    expect(message?.inputs).toEqual({ file: null, files: [], object: null, text: old(own) });
  });
});

describe('addresses in answers', () => {
  test('are signed anew at each reading', async () => {
    const { conversation_id, answer } = await answered(sendChat(parley, { query: old(own) }, 'chatflow'));
    const [, made] = addressesIn(answer);
    const read = async () =>
      addressesIn((await messagesOf(parley, 'chatflow', conversation_id))[0]?.answer) as [string, string];
    const [first, second] = [await read(), await read()];
    for (const [ours, fetched] of [first, second]) {
      expect(await contentAt(ours)).toBe('of u1 in chatflow');
      expect(await contentAt(fetched)).toBe('a picture');
    }
    expect(new Set([made, ...first, ...second]).size, 'no two are the same').toBe(5);
    const row = await store
      .selectFrom('messages')
      .select('answer')
      .where('conversation_id', '=', String(conversation_id))
      .executeTakeFirstOrThrow();
    expect(row.answer, 'what is stored stays').toBe(answer);
  });

  test('of files of others are not', async () => {
    for (const [id, user] of [
      [own, 'eve'],
      [foreign, 'u1'],
      [otherApp, 'u1'],
    ] as const) {
      const { conversation_id } = await answered(sendChat(parley, { query: old(id), user }, 'chatflow'));
      const [message] = await messagesOf(parley, 'chatflow', conversation_id, user);
      expect(addressesIn(message?.answer)[0]).toBe(old(id));
    }
  });
});

describe('addresses in outputs of a run', () => {
  const read = async (id: unknown): Promise<Record<string, unknown>> => {
    const response = await parley.request('workflow', 'GET', `/workflows/run/${id}`);
    const body = (await response.json()) as { outputs: Fields };
    expect(responseProblems('get', '/workflows/run/{workflow_run_id}', 200, body)).toEqual([]);
    return body.outputs;
  };

  test('are signed anew at each reading, in file objects and in texts', async () => {
    const inputs = { text: `"${old(otherApp)}"`, object: { deep: [{ url: old(otherApp) }] } };
    const { workflow_run_id, data } = await runWorkflow(parley, { inputs });
    const told = await read(workflow_run_id);
    const [before] = (data.outputs as { made: [Fields] }).made;
    const { made, text, object } = told as { made: [Fields]; text: string; object: { deep: [Fields] } };
    expect({ ...made[0], url: '' }).toEqual({ ...before, url: '' });
    expect(made[0].url).not.toBe(before.url);
    expect(await contentAt(made[0].url)).toBe('a picture');
    expect(text).toMatch(/^"http.+"$/);
    expect(await contentAt(JSON.parse(text))).toBe('of u1 in workflow');
    expect(await contentAt(object.deep[0].url)).toBe('of u1 in workflow');
    expect(await read(workflow_run_id)).not.toEqual(told);
  });

  test('of files of others are not: neither of another app nor of another end user of this one', async () => {
    const victim = await put('workflow', 'victim');
    for (const id of [own, victim]) {
      const { workflow_run_id } = await runWorkflow(parley, { inputs: { text: old(id) } });
      expect((await read(workflow_run_id)).text).toBe(old(id));
    }
  });
});
