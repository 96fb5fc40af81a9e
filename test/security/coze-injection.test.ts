import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, dataOf, messagesOf, sendChat, type Wire, wholeChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { readFrames, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { as, objectString, startHouse, TOKENS } from './coze-victim.ts';

/** What Python, JavaScript or Go take for the end of a line, and more, but for the one that ends lines here. */
const BREAKS = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}]/u;

let provider: MockProvider;
let coze: TestCoze;
let alice: TestCoze;

/** A model that repeats what it is told; asked for questions, it suggests the same. */
const echo = () =>
  provider.reply((request) => {
    const [first, ...rest] = request.messages.map(({ content }) => String(content));
    if (rest.length > 0) return { tokens: [String(rest.at(-1))], reasoning: [String(rest.at(-1))] };
    const said = /^Human: ([\s\S]*)\nAssistant: /.exec(String(first))?.[1];
    return { tokens: [JSON.stringify([said])] };
  });

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startHouse(provider);
  alice = as(coze, TOKENS.alice);
});
beforeEach(() => echo());
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const hostile = [
  'a\n\nevent:done\ndata:"[DONE]"\n\n',
  'a\r\n\r\nevent:ping\r\ndata:{}\r\n\r\n',
  'a\revent:conversation.chat.failed\rdata:{}\r\r',
  'a\u2028data:x\u2029\u0085id:1\v\f\x1c\x1d\x1e',
  ': comment\nretry:1\nid:2',
  '"},"event":"error","x":{"',
  '\\u000a\\ndata:x',
  '</script><script>alert(1)</script>',
];

describe.each(hostile)('%j', (said) => {
  test('stays in its frame, whoever says it', async () => {
    const meta_data = { [said]: said };
    const response = await sendChat(alice, said, { stream: true, meta_data });
    const body = await response.text();
    expect(body).not.toMatch(BREAKS);
    const frames = readFrames(body).map(({ event, data }) => ({ event, data: JSON.parse(data) as Wire }));
    const of = (name: string) => frames.filter(({ event }) => event === `conversation.${name}`);
    expect(new Set(frames.map(({ event }) => event.replace('conversation.', '')))).toEqual(
      new Set([
        'chat.created',
        'chat.in_progress',
        'message.delta',
        'message.completed',
        'chat.completed',
        'done',
      ]),
    );
    expect(frames.at(-1)).toEqual({ event: 'done', data: '[DONE]' });
    const completed = of('message.completed').map(({ data }) => data);
    expect(completed.map(({ type }) => type)).toEqual(['answer', 'verbose', 'follow_up']);
    expect(completed[0]).toMatchObject({ content: said, reasoning_content: said });
    expect(completed[2]).toMatchObject({ content: said });
    for (const { data } of of('chat.completed')) expect(data.meta_data).toEqual(meta_data);
  });

  test('stays in its answer', async () => {
    const made = { name: said, meta_data: { [said]: said }, messages: [{ role: 'user', content: said }] };
    const response = await alice.request('POST', '/v1/conversation/create', made);
    const text = await response.text();
    expect(text).not.toMatch(/\n/);
    expect(text).not.toMatch(BREAKS);
    expect(JSON.parse(text)).toMatchObject({ code: 0, data: { name: said, meta_data: made.meta_data } });
    const chat = await wholeChat(alice, said);
    expect((await messagesOf(alice, chat)).map(({ content }) => content)).toEqual([
      said,
      expect.stringContaining('generate_answer_finish'),
      said,
    ]);
  });

  test('stays in its error', async () => {
    provider.reply({ status: 400, error: { message: said } });
    const body = await (await sendChat(alice, 'Hi', { stream: true })).text();
    expect(body).not.toMatch(BREAKS);
    expect(readFrames(body).map(({ event }) => event.replace('conversation.', ''))).toEqual([
      ...['chat.created', 'chat.in_progress', 'chat.failed'],
      'done',
    ]);
    const refused = await alice.request('GET', `/v1/bots/${encodeURIComponent(said)}`);
    const text = await refused.text();
    expect(text).not.toMatch(/\n/);
    expect(text).not.toMatch(BREAKS);
    expect(JSON.parse(text)).toMatchObject({ code: 4200, msg: expect.stringContaining(said) });
  });
});

/** A request as raw bytes, which fetch would refuse to send. */
async function raw(lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(coze.url);
  const socket = connect(Number(port), hostname);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test.each([
  ['a bare line feed', 'x-request-id: a\nset-cookie: b=c'],
  ['an obsolete fold', 'x-request-id: a\r\n set-cookie: b=c'],
  ['encoded line ends', 'x-request-id: a%0d%0aset-cookie: b=c'],
  ['an id of the log', 'x-tt-logid: a%0d%0aset-cookie: b=c'],
  ['two ids', 'x-request-id: a\r\nx-request-id: <script>'],
  ['an id that is nearly one', `x-request-id: ${'0'.repeat(31)}g`],
])('%s in a header of the request makes none in the answer, and no log id', async (_, header) => {
  const head = ['GET /coze/v1/users/me HTTP/1.1', 'host: x', `authorization: Bearer ${TOKENS.alice}`];
  const answer = await raw([...head, header, 'connection: close']);
  expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
  expect(answer.toLowerCase()).not.toMatch(/\r\nset-cookie/);
  expect(answer).not.toContain('<script>');
  for (const [, id] of answer.matchAll(/logid(?:: |":")([^"\r]*)/g))
    expect(id).toMatch(/^\d{14}[0-9A-F]{20}$/);
});

describe('names of files', () => {
  /** A form with a file of this name, as its bytes. */
  const post = (path: string, name: string, type: string) => {
    const disposition = `form-data; name="file"; filename*=UTF-8''${encodeURIComponent(name)}`;
    const lines = [`Content-Disposition: ${disposition}`, `Content-Type: ${type}`, '', 'data', '--x--', ''];
    return fetch(coze.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKENS.alice}`,
        'content-type': 'multipart/form-data; boundary=x',
      },
      body: ['--x', ...lines].join('\r\n'),
    });
  };

  test('with ends of lines are none, and NUL does not count', async () => {
    for (const name of ['a\r\nSet-Cookie: x=y\r\n\r\n.png', 'a\n.png']) {
      expect(await codeOf(post('/v1/files/upload', name, 'image/png')), name).toBe(4300);
      expect(await codeOf(post('/v1/audio/transcriptions', name, 'audio/mpeg')), name).toBe(4300);
    }
    const { file_name } = await dataOf<{ file_name: string }>(
      post('/v1/files/upload', 'a\0.png', 'image/png'),
    );
    expect(file_name).toBe('a.png');
  });

  test.each(['"; filename="b.png', '../../../etc/passwd.png', 'a\u2028\u202egnp.png', "a'*%0d%0aX-A: b.png"])(
    '%j is a name, and nothing else',
    async (name) => {
      const file = await dataOf<{ id: string; file_name: string }>(
        post('/v1/files/upload', name, 'image/png'),
      );
      const kept = name.slice(name.lastIndexOf('/') + 1);
      expect(file.file_name).toBe(kept);
      await wholeChat(alice, '', {
        additional_messages: [
          objectString({ type: 'text', text: 'see' }, { type: 'image', file_id: file.id }),
        ],
      });
      const store = await openTestStore(coze.parley);
      const rows = await store.selectFrom('files').select('id').where('name', '=', kept).execute();
      await store.destroy();
      const path = `/files/${rows[0]?.id}/preview?as_attachment=true&user=u`;
      const preview = await coze.parley.request('chat', 'GET', path);
      expect(preview.status).toBe(200);
      const disposition = preview.headers.get('content-disposition');
      expect(disposition).toMatch(/^attachment; filename\*=UTF-8''[\w.%~!*'()-]+$/);
      expect(decodeURIComponent(String(disposition?.split("''")[1]))).toBe(kept);
      expect(await preview.text()).toBe('data');
      const asked = provider.requests.length;
      await dataOf(post('/v1/audio/transcriptions', name, 'audio/mpeg'));
      const heard = String(provider.requests[asked]?.rawBody);
      expect(heard).toContain('data');
      expect(heard.match(/filename=/g)).toHaveLength(1);
      expect(heard).not.toMatch(/\nX-A/);
    },
  );
});
