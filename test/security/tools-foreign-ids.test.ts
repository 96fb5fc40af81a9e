import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginChat, codeOf, endOf } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { sendChat, type Wire } from '../support/parley/turns.ts';
import { obedient, queryFor, takeTurn } from '../support/tools/agent-turn.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const CANARY = 'canary-of-what-alice-was-told';
const OTHER_TOKEN = 'pat_test-token-of-the-other-bot';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let coze: TestCoze;
/** A turn of Alice's, in which tools said something and made files. */
let events: readonly Wire[];
let files: readonly { readonly id: string; readonly type: string; readonly url: string }[];

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  callee = await startCallee(({ path }) => {
    if (path === '/says') return { body: CANARY };
    const type = path === '/picture' ? 'image/png' : 'application/pdf';
    const name = path === '/picture' ? '../../a\r\nb".png' : 'page.pdf';
    const disposition = `attachment; filename*=utf-8''${encodeURIComponent(name)}`;
    return {
      body: Buffer.from(CANARY),
      headers: { 'content-type': type, 'content-disposition': disposition },
    };
  });
  document = await writeOpenApi(callee.url, {
    says: { path: '/says' },
    picture: { path: '/picture' },
    paper: { path: '/paper' },
  });
  const app = agentApp(
    ['says', 'picture', 'paper'].map((tool) => ({ type: 'api', provider: 'service', tool })),
    {
      file_upload: {
        image: { enabled: true, number_limits: 3, transfer_methods: ['local_file', 'remote_url'] },
      },
    },
  );
  coze = await startCoze({
    apps: { agent: app, other: app },
    provider: provider.baseUrl,
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      keys: [{ key: OTHER_TOKEN, bots: ['other'] }],
    },
  });
  ({ events } = await takeTurn(coze.parley, [['says'], ['picture'], ['paper']], { user: 'alice' }));
  files = events.filter(({ event }) => event === 'message_file') as unknown as typeof files;
});
afterAll(async () => {
  await coze.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

const uploadIdOf = (url: string) => /\/files\/([^/]+)\//.exec(url)?.[1] ?? '';
/** The picture and the document; signed anew whenever they are read. */
async function listed(): Promise<
  { readonly url: string; readonly type: string; readonly filename: string }[]
> {
  const path = `/messages?user=alice&conversation_id=${events[0]?.conversation_id}`;
  const { data } = (await (await coze.parley.request('agent', 'GET', path)).json()) as {
    data: [{ message_files: { url: string; type: string; filename: string }[] }];
  };
  return data[0].message_files.toSorted((a, b) => Number(a.type !== 'image') - Number(b.type !== 'image'));
}

test('files that tools made have signed addresses, and nothing in them can run', async () => {
  expect(files).toHaveLength(2);
  for (const { url } of files)
    expect(url).toMatch(/\/files\/[\w-]+\/file-preview\?timestamp=\d+&nonce=\w+&sign=\S+$/);
  const [picture, paper] = await listed();
  const shown = await fetch(picture?.url ?? '');
  expect(shown.status).toBe(200);
  expect(shown.headers.get('content-type')).toBe('image/png');
  expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await shown.text()).toContain(CANARY);
  // What could run in a page is saved, not shown.
  const saved = await fetch(paper?.url ?? '');
  expect(saved.headers.get('content-disposition')).toMatch(/^attachment/);
  await saved.body?.cancel();
  for (const { filename } of await listed()) expect(filename).not.toMatch(/[\r\n/\\]|\.\./);
});

test('an address that is forged, of another file or without its signature is none', async () => {
  const [picture, paper] = await listed();
  const url = new URL(picture?.url ?? '');
  const swapped = url.href.replace(uploadIdOf(url.href), uploadIdOf(paper?.url ?? ''));
  const changed = (name: string, value: string | null) => {
    const other = new URL(url);
    if (value === null) other.searchParams.delete(name);
    else other.searchParams.set(name, value);
    return other.href;
  };
  const addresses = [
    swapped,
    url.origin + url.pathname,
    changed('sign', null),
    changed('sign', 'x'.repeat(43)),
    changed('timestamp', String(Number(url.searchParams.get('timestamp')) + 1)),
    changed('nonce', '0'.repeat(32)),
  ];
  for (const address of addresses) {
    const response = await fetch(address);
    expect(response.status, address).toBe(404);
    expect(await response.text()).not.toContain(CANARY);
  }
});

describe.each([
  ['another user', 'agent', 'mallory'],
  ['another app, same user name', 'other', 'alice'],
] as const)('%s', (_, app, user) => {
  test('cannot send it on', async () => {
    const asked = provider.requests.length;
    for (const { id, url } of files) {
      for (const upload_file_id of [id, uploadIdOf(url)]) {
        for (const transfer_method of ['local_file', 'tool_file', 'remote_url']) {
          const sent = { type: 'image', transfer_method, upload_file_id, tool_file_id: upload_file_id };
          const response = await sendChat(
            coze.parley,
            { user, files: [sent], query: queryFor(), response_mode: 'streaming' },
            app,
          );
          expect(response.status).toBe(400);
          await response.text();
        }
      }
    }
    expect(provider.requests.length).toBe(asked);
  });

  test('cannot read thoughts, nor go on with them', async () => {
    const { conversation_id, message_id, task_id } = events[0] as Wire;
    for (const path of [
      `/messages?user=${user}&conversation_id=${conversation_id}`,
      `/chat-messages/${task_id}/events?user=${user}`,
      `/messages/${message_id}/suggested?user=${user}`,
    ]) {
      const response = await coze.parley.request(app, 'GET', path);
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toContain(CANARY);
    }
    const asked = provider.requests.length;
    expect(
      (await sendChat(coze.parley, { user, conversation_id, query: queryFor() }, app)).status,
    ).toBeGreaterThanOrEqual(400);
    expect(provider.requests.length).toBe(asked);
  });
});

// Of the same app it is the app's to show its users what is theirs (`facts/dify-wire.md` §7.4).
test('another app cannot read a file that a tool made, by any of its ids', async () => {
  for (const { id, url } of files) {
    for (const one of [id, uploadIdOf(url), uploadIdOf(url).toUpperCase()]) {
      const response = await coze.parley.request('other', 'GET', `/files/${one}/preview?user=alice`);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain(CANARY);
    }
    const read = await coze.parley.request('agent', 'GET', `/files/${uploadIdOf(url)}/preview`);
    expect(await read.text()).toContain(CANARY);
  }
});

test('over Coze, the work of a chat is read by its bot’s tokens alone', async () => {
  const chat = await beginChat(coze, queryFor(['says']), { app: 'agent', user_id: 'alice' });
  await endOf(coze, chat);
  const path = `/v3/chat/message/list?conversation_id=${chat.conversation_id}&chat_id=${chat.id}`;
  expect(await (await coze.request('GET', path, undefined, { token: TOKEN })).text()).toContain(CANARY);
  for (const unknown of [path, path.replace(String(chat.id), '7379462189365198898')]) {
    const response = await coze.request('GET', unknown, undefined, { token: OTHER_TOKEN });
    expect(await response.clone().text()).not.toContain(CANARY);
    expect(await codeOf(response)).not.toBe(0);
  }
  expect(
    await codeOf(
      coze.request(
        'POST',
        '/v3/chat/submit_tool_outputs',
        { tool_outputs: [{ tool_call_id: randomUUID(), output: 'x' }] },
        { token: OTHER_TOKEN },
      ),
    ),
  ).not.toBe(0);
});
