import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import type { DifyRoute } from '../../../src/surfaces/dify/route.ts';
import { difyRoutes } from '../../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { EventReader } from '../../support/parley/read-events.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat, sendCompletion, streamChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { hasDifySpec, responseProblems, streamProblems } from '../../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, startNode } from '../../workflow/graph-app.ts';
import { runWorkflow } from '../../workflow/workflow-turns.ts';
import { type Json, readAnswer } from './read-answer.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      chat: chatApp({
        suggested_questions_after_answer: { enabled: true },
        speech_to_text: { enabled: true },
        file_upload: { enabled: true, allowed_file_types: [], number_limits: 3 },
        user_input_form: [
          { 'text-input': { label: 'N', variable: 'n', required: false, max_length: 48, default: '' } },
          { select: { label: 'S', variable: 's', required: false, options: ['a', 'b'], default: 'a' } },
        ],
      }),
      completion: completionApp(),
      workflow: graphApp('workflow', { start: startNode('n'), end: endNode({ n: ['start', 'n'] }) }),
      chatflow: graphApp(
        'advanced-chat',
        { start: startNode(), answer: answerNode('{{#conversation.v#}}') },
        { conversation_variables: [{ id: 'v', name: 'v', value: 'x', value_type: 'string' }] },
      ),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

/** Our own schema of a route, which is strict: a field too many or too few is a problem. */
function ownProblems({ response }: DifyRoute, body: Json): string[] {
  const schema: z.ZodType | null =
    'schema' in response ? response.schema : 'run' in response ? response.run : null;
  const result = schema?.safeParse(body);
  if (!result) return ['no schema'];
  if (!result.success) return result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return isDeepStrictEqual(result.data, body) ? [] : ['has fields that the schema does not have'];
}

/** Answered by bytes, by nothing, or by streams alone; or not in the published document. */
const WITHOUT_JSON = [
  'GET /chat-messages/:task_id/events',
  'GET /completion-messages/:task_id/events',
  'GET /workflows/tasks/:task_id/events',
  'GET /files/:file_id/preview',
  'DELETE /conversations/:conversation_id',
  'POST /text-to-audio',
];

test('every JSON answer is as the published document and our own schemas say', async () => {
  const file = (await readAnswer(upload(parley, { name: 'a.png', type: 'image/png', data: 'x' }))).body;
  const picture = { type: 'image', transfer_method: 'local_file', upload_file_id: file.id };
  const turn = await answered(sendChat(parley, { files: [picture] }));
  const completion = await answered(sendCompletion(parley));
  const workflow = await runWorkflow(parley, { inputs: { n: 'x' } });
  const kept = await answered(sendChat(parley, {}, 'chatflow'));
  const variables = `/conversations/${kept.conversation_id}/variables`;
  const variable = (await readAnswer(parley.request('chatflow', 'GET', `${variables}?user=u1`))).body.data[0];
  provider.reply({ tokens: ['["a?"]'] });
  const message = `/messages/${turn.message_id}`;
  const conversation = `/conversations/${turn.conversation_id}`;
  const speech = new FormData();
  speech.append('file', new Blob(['x'], { type: 'audio/mp3' }), 'a.mp3');
  const headers = { authorization: `Bearer ${parley.key('chat')}` };
  const get =
    (path: string, app = 'chat') =>
    () =>
      readAnswer(parley.request(app, 'GET', path));
  const post =
    (path: string, body: object, app = 'chat') =>
    () =>
      readAnswer(parley.request(app, 'POST', path, body));
  const answers: Record<string, () => Promise<{ status: number; body: Json }>> = {
    'POST /chat-messages': async () => ({ status: 200, body: turn }),
    'POST /chat-messages/:task_id/stop': post(`/chat-messages/${turn.task_id}/stop`, { user: 'u1' }),
    'POST /completion-messages': async () => ({ status: 200, body: completion }),
    'POST /completion-messages/:task_id/stop': post(
      '/completion-messages/x/stop',
      { user: 'u1' },
      'completion',
    ),
    'POST /workflows/run': async () => ({ status: 200, body: workflow }),
    'POST /workflows/:workflow_id/run': post(
      `/workflows/${workflow.data.workflow_id}/run`,
      { user: 'u1', inputs: {} },
      'workflow',
    ),
    'POST /workflows/tasks/:task_id/stop': post('/workflows/tasks/x/stop', { user: 'u1' }, 'workflow'),
    'GET /workflows/run/:workflow_run_id': get(`/workflows/run/${workflow.workflow_run_id}`, 'workflow'),
    'GET /workflows/logs': get('/workflows/logs', 'workflow'),
    'POST /files/upload': async () => ({ status: 201, body: file }),
    'POST /messages/:message_id/feedbacks': post(`${message}/feedbacks`, {
      user: 'u1',
      rating: 'like',
      content: 'x',
    }),
    'GET /app/feedbacks': get('/app/feedbacks'),
    'GET /conversations': get('/conversations?user=u1'),
    'POST /conversations/:conversation_id/name': post(`${conversation}/name`, { user: 'u1', name: 'New' }),
    'GET /conversations/:conversation_id/variables': get(`${variables}?user=u1`, 'chatflow'),
    'PUT /conversations/:conversation_id/variables/:variable_id': () =>
      readAnswer(
        parley.request('chatflow', 'PUT', `${variables}/${variable.id}`, { user: 'u1', value: 'y' }),
      ),
    'GET /messages': get(`/messages?conversation_id=${turn.conversation_id}&user=u1`),
    'GET /messages/:message_id/suggested': get(`${message}/suggested?user=u1`),
    'POST /audio-to-text': () =>
      readAnswer(fetch(`${parley.url}/v1/audio-to-text`, { method: 'POST', headers, body: speech })),
    'GET /info': get('/info'),
    'GET /parameters': get('/parameters'),
    'GET /meta': get('/meta'),
    'GET /site': get('/site'),
    'GET /end-users/:end_user_id': get(`/end-users/${file.created_by}`),
  };
  const names = difyRoutes.map(({ method, path }) => `${method} ${path}`);
  expect(Object.keys(answers).concat(WITHOUT_JSON).sort()).toEqual(names.sort());
  for (const route of difyRoutes) {
    const { method, path, response } = route;
    const ask = answers[`${method} ${path}`];
    if (!ask) continue;
    const { status, body } = await ask();
    expect(status, `${method} ${path}`).toBe(response.status);
    expect(ownProblems(route, body), `${method} ${path}`).toEqual([]);
    expect(
      responseProblems(method, path.replace(/:(\w+)/g, '{$1}'), status, body),
      `${method} ${path}`,
    ).toEqual([]);
  }
});

test.skipIf(!hasDifySpec)(
  'answers are checked against Dify’s published document, which finds what is wrong',
  () => {
    const info = { name: 'x', description: '', tags: [], mode: 'chat', author_name: '' };
    expect(responseProblems('get', '/info', 200, info)).toEqual([]);
    expect(responseProblems('get', '/info', 200, { ...info, name: 1 })).toEqual(['/name must be string']);
    const { tags: _, ...untagged } = info;
    expect(responseProblems('get', '/info', 200, untagged)).toEqual(['tags is missing']);
    expect(responseProblems('post', '/messages/{message_id}/feedbacks', 200, { result: 1 })).not.toEqual([]);
    expect(streamProblems('ChunkChatEvent', [{ event: 'nothing' }])).not.toEqual([]);
  },
);

test('streams that are come back to are as the published document says', async () => {
  provider.reply();
  const [first] = await (await streamChat(parley, { user: 'spec' })).readAll();
  const back = async (after: number) =>
    new EventReader(
      await parley.request('chat', 'GET', `/chat-messages/${first?.task_id}/events?user=spec&after=${after}`),
    ).readAll();
  expect(streamProblems('ChunkChatEvent', await back(0))).toEqual([]);
  await parley.restart();
  const told = [...(await back(0)), ...(await back(1))];
  expect(told.map(({ event }) => event)).toEqual([
    'message',
    'message_end',
    'message_replace',
    'message_end',
  ]);
  expect(streamProblems('ChunkChatEvent', told)).toEqual([]);
});
