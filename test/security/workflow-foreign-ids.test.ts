import { afterAll, beforeAll, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { answerNode, endNode, graphApp, startNode } from '../workflow/graph-app.ts';
import { runWorkflow } from '../workflow/workflow-turns.ts';

const CANARY = 'canary-of-somebody-else';
const UNKNOWN = '0190a6f0-0000-7000-8000-000000000000';

let parley: TestParley;

const apps: Readonly<Record<string, string>> = {
  chat: graphApp(
    'advanced-chat',
    { start: startNode(), answer: answerNode('{{#conversation.mine#}} {{#conversation.__proto__#}}') },
    {
      conversation_variables: [
        {
          id: 'v1',
          name: 'mine',
          value_type: 'string',
          value: CANARY,
          description: '',
          selector: ['conversation', 'mine'],
        },
      ],
    },
  ),
  other: graphApp('workflow', { start: startNode('text'), end: endNode({ text: ['start', 'text'] }) }),
  another: graphApp('workflow', { start: startNode('text'), end: endNode({ text: ['start', 'text'] }) }),
};

beforeAll(async () => {
  parley = await startParley({ apps });
});
afterAll(() => parley.close());

const status = async (response: Promise<Response>) => {
  const got = await response;
  return [got.status, ((await got.json()) as { code?: string }).code];
};

test('a run of another app, and what is no run, is not found', async () => {
  const { workflow_run_id } = await runWorkflow(parley, { inputs: { text: CANARY } }, 'other');
  for (const id of [
    workflow_run_id,
    UNKNOWN,
    'x',
    '%27%20OR%201=1--',
    '..%2f..',
    workflow_run_id.slice(0, 35),
    `${workflow_run_id}'`,
  ])
    expect([id, ...(await status(parley.request('another', 'GET', `/workflows/run/${id}`)))]).toEqual([
      id,
      404,
      'not_found',
    ]);
  expect((await parley.request('other', 'GET', `/workflows/run/${workflow_run_id}`)).status).toBe(200);
  const logs = await (
    await parley.request('another', 'GET', `/workflows/logs?keyword=${workflow_run_id}`)
  ).json();
  expect(logs).toMatchObject({ total: 0, data: [] });
});

test('a keyword of the logs finds what it says, and nothing else', async () => {
  const texts = ['plain', 'hundred%', 'under_score', "quo'te", 'back\\slash', 'üml'];
  for (const text of texts) await runWorkflow(parley, { inputs: { text }, user: `user-of-${text}` }, 'other');
  const found = async (keyword: string) => {
    const response = await parley.request(
      'other',
      'GET',
      `/workflows/logs?limit=100&keyword=${encodeURIComponent(keyword)}`,
    );
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { created_by_end_user: { session_id: string } }[] };
    return data.map(({ created_by_end_user }) => created_by_end_user.session_id).sort();
  };
  for (const [keyword, expected] of [
    ['%', ['hundred%']],
    ['_', ['under_score']],
    ['hundred%', ['hundred%']],
    ['d_score', []],
    ["quo'te", ["quo'te"]],
    ["' OR '1'='1", []],
    ["'; DROP TABLE runs; --", []],
    ['%%', []],
    ['\\', ['back\\slash']],
    ['\0', texts],
  ] as const) {
    const sessions = (await found(keyword)).filter((session) => session.startsWith('user-of-'));
    const wanted = expected.map((text) => `user-of-${text}`);
    // The words of the inputs are stored as JSON, in which a backslash is two.
    expect([keyword, sessions.filter((one) => wanted.includes(one)).sort()]).toEqual([
      keyword,
      wanted.sort(),
    ]);
    if (keyword !== '_' && keyword !== '\\' && keyword !== '\0')
      expect([keyword, sessions]).toEqual([keyword, wanted.sort()]);
  }
});

test('variables of a conversation are its user’s alone', async () => {
  const { conversation_id } = await answered(sendChat(parley, { user: 'owner' }, 'chat'));
  const path = `/conversations/${conversation_id}/variables`;
  const list = await (await parley.request('chat', 'GET', `${path}?user=owner`)).json();
  const { data } = list as { data: { id: string; value: string }[] };
  expect(data).toMatchObject([{ value: CANARY }]);
  const id = data[0]?.id;
  expect(await status(parley.request('chat', 'GET', `${path}?user=somebody`))).toEqual([404, 'not_found']);
  expect(
    await status(parley.request('chat', 'PUT', `${path}/${id}`, { user: 'somebody', value: 'taken' })),
  ).toEqual([404, 'not_found']);
  expect(await status(parley.request('other', 'GET', `${path}?user=owner`))).toEqual([
    expect.any(Number),
    expect.stringMatching(/not_(found|chat_app)/),
  ]);
  // A conversation of one's own opens no variable of another's.
  const own = await answered(sendChat(parley, { user: 'somebody' }, 'chat'));
  const through = `/conversations/${own.conversation_id}/variables/${id}`;
  expect(await status(parley.request('chat', 'PUT', through, { user: 'somebody', value: 'taken' }))).toEqual([
    404,
    'not_found',
  ]);
  const after = await (await parley.request('chat', 'GET', `${path}?user=owner`)).json();
  expect(after).toEqual(list);
  // Nor can it be talked in.
  expect(await status(sendChat(parley, { user: 'somebody', conversation_id }, 'chat'))).toEqual([
    404,
    'not_found',
  ]);
});
