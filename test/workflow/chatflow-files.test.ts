import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { answerNode, graphApp, llmNode, startNode } from './graph-app.ts';
import { publishedProblems } from './published-problems.ts';
import { dataOf, type Fields, finishedIn, shownIn, streamChatflow } from './workflow-turns.ts';

let provider: MockProvider;
let parley: TestParley;
let uploaded: string;

beforeAll(async () => {
  provider = await startMockProvider();
  const features = {
    file_upload: {
      ...{ enabled: true, allowed_file_types: ['image'], number_limits: 2 },
      allowed_file_upload_methods: ['local_file', 'remote_url'],
    },
  };
  const vision = { enabled: true, configs: { variable_selector: ['sys', 'files'], detail: 'low' } };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      chatflow: graphApp(
        'advanced-chat',
        {
          start: startNode(),
          llm: llmNode('What is it?', { vision }),
          answer: answerNode('{{#llm.text#}} {{#sys.files#}}'),
        },
        { features },
      ),
      closed: graphApp('advanced-chat', { start: startNode(), answer: answerNode('[{{#sys.files#}}]') }),
    },
  });
  const response = await upload(
    parley,
    { name: 'cat.png', type: 'image/png', data: 'pixels' },
    { app: 'chatflow' },
  );
  uploaded = ((await response.json()) as { id: string }).id;
});
beforeEach(() => provider.reply({ tokens: ['A cat.'] }));
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const local = () => ({ type: 'image', transfer_method: 'local_file', upload_file_id: uploaded });
const remote = { type: 'image', transfer_method: 'remote_url', url: 'https://example.test/dog.png' };

test('files of a turn go to the model, the answer, the end and the list', async () => {
  const events = await streamChatflow(parley, { files: [local(), remote] });
  const asked = provider.requests.at(-1)?.messages.at(-1)?.content as Fields[];
  expect(asked.filter(({ type }) => type === 'text')).toEqual([{ type: 'text', text: 'What is it?' }]);
  const images = asked.filter(({ type }) => type === 'image_url').map(({ image_url }) => image_url as Fields);
  expect(images).toMatchObject([
    { url: `data:image/png;base64,${Buffer.from('pixels').toString('base64')}`, detail: 'low' },
    { url: remote.url, detail: 'low' },
  ]);

  const [{ inputs }] = dataOf(events, 'workflow_started') as [{ inputs: { 'sys.files': Fields[] } }];
  const files = inputs['sys.files'];
  expect(files).toMatchObject([
    { dify_model_identity: '__dify__file__', related_id: uploaded, filename: 'cat.png', extension: '.png' },
    { transfer_method: 'remote_url', remote_url: remote.url, filename: 'dog.png' },
  ]);
  expect(shownIn(events)).toBe(`A cat. ![cat.png](${files[0]?.url})\n![dog.png](${remote.url})`);
  expect(finishedIn(events)).toMatchObject({
    outputs: { answer: shownIn(events), files: [{ related_id: uploaded }, { remote_url: remote.url }] },
    files: [{ related_id: uploaded }, { remote_url: remote.url }],
  });
  expect(events.at(-2)).toMatchObject({
    event: 'message_end',
    files: [{ related_id: uploaded }, { remote_url: remote.url }],
  });
  expect(publishedProblems('chatflow', events)).toEqual([]);

  const path = `/messages?user=u1&conversation_id=${events[0]?.conversation_id}`;
  const list = (await (await parley.request('chatflow', 'GET', path)).json()) as { data: Fields[] };
  expect(responseProblems('get', '/messages', 200, list)).toEqual([]);
  expect(list.data).toMatchObject([
    {
      message_files: [
        { filename: 'cat.png', belongs_to: 'user', type: 'image' },
        { filename: 'dog.png', belongs_to: 'user', url: remote.url },
      ],
    },
  ]);
});

test('the next turn has its own', async () => {
  const first = await answered(sendChat(parley, { files: [remote] }, 'chatflow'));
  expect(first.answer).toContain('dog.png');
  const { conversation_id } = first;
  const next = await answered(sendChat(parley, { conversation_id }, 'chatflow'));
  expect(next.answer).toBe('A cat. ');
});

test.each(['streaming', 'blocking'])(
  'what is not allowed is refused before anything runs (%s)',
  async (response_mode) => {
    const asked = provider.requests.length;
    const document = { type: 'document', transfer_method: 'remote_url', url: 'https://example.test/a.pdf' };
    const cases: readonly [Fields, Fields[], string][] = [
      [{}, [document], 'File validation failed for file: a.pdf'],
      [{}, [remote, remote, remote], 'Number of image files exceeds the maximum limit 2'],
      [{ user: 'somebody else' }, [local()], 'Invalid upload file'],
      [{}, [{ ...local(), upload_file_id: 'x' }], 'Invalid upload file id format'],
      [{}, [{ ...remote, type: 'smell' }], "'smell' is not a valid FileType"],
    ];
    for (const [more, files, message] of cases) {
      const response = await sendChat(parley, { ...more, files, response_mode }, 'chatflow');
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ code: 'invalid_param', message, status: 400 });
    }
    expect(provider.requests.length).toBe(asked);
  },
);

test('an app that takes none ignores them', async () => {
  const answer = await answered(sendChat(parley, { files: [remote] }, 'closed'));
  expect(answer.answer).toBe('[]');
});
