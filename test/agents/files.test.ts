import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const REMOTE = { type: 'image', transfer_method: 'remote_url', url: 'https://img.example/a.png' };
const draw = (q: string) => ({ name: 'draw', arguments: JSON.stringify({ q }) });

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, { draw: { path: '/draw', parameters: [textParameter('q')] } });
  const tools = [{ type: 'api', provider: 'service', tool: 'draw' }];
  const images = {
    enabled: true,
    number_limits: 3,
    transfer_methods: ['remote_url', 'local_file'],
    detail: 'low',
  };
  const file_upload = { image: images };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp(tools, { file_upload }),
      react: agentApp(tools, { file_upload, agent: { strategy: 'react' } }),
      blind: agentApp(tools),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

const image = (name: string) => ({
  body: PNG,
  headers: { 'content-type': 'image/png', 'content-disposition': `attachment; filename="${name}"` },
});

async function take(body: object = {}, app = 'agent') {
  const before = provider.requests.length;
  const events = (await (await streamChat(parley, { ...body }, app)).readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const rounds = provider.requests.slice(before).map(({ messages }) => messages);
  return { events, rounds, first: events[0] as Wire };
}

async function listed({ conversation_id }: Wire, app = 'agent', user = 'u1') {
  const path = `/messages?user=${user}&conversation_id=${conversation_id}`;
  const { data } = (await (await parley.request(app, 'GET', path)).json()) as { data: Wire[] };
  return data[0] as Wire & { message_files: Wire[]; agent_thoughts: (Wire & { files: string[] })[] };
}

describe('files that a tool makes', () => {
  test('come as message_file, in the thought, in message_end and in the list, and their addresses open', async () => {
    callee.reply(image('chart.png'));
    provider.reply(inTurn({ tokens: ['I draw.'], toolCalls: [draw('a')] }, { tokens: ['There it is.'] }));
    const { events, rounds, first } = await take();
    expect(kindsOf(events)).toEqual([
      ...['agent_thought', 'agent_message', 'agent_thought', 'message_file', 'agent_thought'],
      ...['agent_thought', 'agent_message', 'agent_thought', 'message_end'],
    ]);
    const file = events.find(({ event }) => event === 'message_file') as Wire & { id: string; url: string };
    const { conversation_id, message_id, created_at, task_id } = first;
    expect(JSON.stringify(file)).toBe(
      JSON.stringify({
        ...{ event: 'message_file', conversation_id, message_id, created_at, task_id },
        ...{ id: file.id, type: 'image', belongs_to: 'assistant', url: file.url },
      }),
    );
    const [thought] = thoughtsIn(events);
    expect(thought?.message_files).toEqual([file.id]);
    expect(thought && observationOf(thought)).toEqual({
      draw: 'The tool made the image chart.png, and the user has got it already: say so, do not make it again.',
    });
    expect(rounds[1]?.at(-1)?.content).toBe(thought && observationOf(thought).draw);

    const facts = { filename: 'chart.png', size: PNG.length, mime_type: 'image/png', type: 'image' };
    const end = events.at(-1) as Wire & { files: Wire[] };
    expect(end.files).toMatchObject([
      { ...facts, related_id: file.id, extension: '.png', transfer_method: 'tool_file' },
    ]);
    const turn = await listed(first);
    expect(turn.message_files).toMatchObject([{ ...facts, id: file.id, belongs_to: 'assistant' }]);
    expect(turn.agent_thoughts.map(({ files }) => files)).toEqual([[file.id], []]);

    for (const url of [file.url, end.files[0]?.url, turn.message_files[0]?.url]) {
      const opened = await fetch(String(url));
      expect(opened.status).toBe(200);
      expect(Buffer.from(await opened.arrayBuffer()).equals(PNG)).toBe(true);
      expect((await fetch(String(url).replace(/sign=[^&]{4}/, 'sign=AAAA'))).status).not.toBe(200);
    }
    const preview = await parley.request(
      'agent',
      'GET',
      `/files/${turn.message_files[0]?.upload_file_id}/preview`,
    );
    expect(preview.headers.get('content-type')).toBe('image/png');
  });

  test('several at once, of several calls: each is told once and kept', async () => {
    callee.reply(({ path }) => image(`${path.split('q=')[1]}.png`));
    provider.reply(
      inTurn({ toolCalls: [draw('a'), draw('b')] }, { toolCalls: [draw('c')] }, { tokens: ['ok'] }),
    );
    const { events, first } = await take();
    const ids = events.filter(({ event }) => event === 'message_file').map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    const thoughts = thoughtsIn(events);
    expect(thoughts.map(({ message_files }) => message_files.length)).toEqual([2, 1, 0]);
    expect(thoughts.flatMap(({ message_files }) => message_files).sort()).toEqual([...ids].sort());
    expect((await listed(first)).message_files.map(({ filename }) => filename).sort()).toEqual([
      ...['a.png', 'b.png', 'c.png'],
    ]);
  });

  test('a file that is no image, with a name that is a path', async () => {
    callee.reply({
      body: Buffer.from('%PDF-1.7'),
      headers: {
        'content-type': 'application/pdf',
        'content-disposition': 'attachment; filename="../../etc/plan.pdf"',
      },
    });
    provider.reply(inTurn({ toolCalls: [draw('a')] }, { tokens: ['ok'] }));
    const { events, first } = await take();
    expect(events.find(({ event }) => event === 'message_file')).toMatchObject({ type: 'document' });
    expect((await listed(first)).message_files).toMatchObject([{ filename: 'plan.pdf', type: 'document' }]);
  });

  test('stay when the conversation goes on, and nobody else is told of them', async () => {
    callee.reply(image('mine.png'));
    provider.reply(inTurn({ toolCalls: [draw('a')] }, { tokens: ['ok'] }));
    const { first } = await take({ user: 'owner' });
    const { rounds } = await take({ user: 'owner', conversation_id: first.conversation_id });
    expect(JSON.stringify(rounds)).toContain('mine.png');
    const [file] = (await listed(first, 'agent', 'owner')).message_files;
    const stranger = { type: 'image', transfer_method: 'local_file', upload_file_id: file?.upload_file_id };
    const body = { query: 'Hi', inputs: {}, user: 'stranger', response_mode: 'streaming', files: [stranger] };
    expect((await parley.request('agent', 'POST', '/chat-messages', body)).status).toBe(400);
    expect((await parley.request('blind', 'GET', `/files/${file?.upload_file_id}/preview`)).status).toBeOneOf(
      [403, 404],
    );
  });
});

describe('files of the end user', () => {
  test.each(['agent', 'react'])('images go to the model in the first round only (%s)', async (app) => {
    callee.reply();
    const action = JSON.stringify({ action: 'draw', action_input: 'x' });
    provider.reply(
      inTurn(app === 'react' ? { tokens: [action] } : { toolCalls: [draw('x')] }, { tokens: ['A picture.'] }),
    );
    const uploaded = await upload(parley, { name: 'a.png', type: 'image/png', data: PNG }, { app });
    const { id } = (await uploaded.json()) as { id: string };
    const local = { type: 'image', transfer_method: 'local_file', upload_file_id: id };
    const { rounds, events } = await take({ query: 'What is it?', files: [REMOTE, local] }, app);
    const isOurs = ({ role, content }: { role: string; content: unknown }) =>
      role === 'user' && content !== 'continue';
    expect(rounds[0]?.find(isOurs)?.content).toEqual([
      { type: 'image_url', image_url: { url: REMOTE.url, detail: 'low' } },
      {
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${PNG.toString('base64')}`, detail: 'low' },
      },
      { type: 'text', text: 'What is it?' },
    ]);
    expect(rounds[1]?.find(isOurs)?.content).toBe('[image]\n[image]\nWhat is it?');
    expect(events.at(-1)?.files).toHaveLength(2);
  });

  test('of earlier turns come again in the first round of a later one', async () => {
    provider.reply({ tokens: ['A picture.'] });
    const { first } = await take({ query: 'See', files: [REMOTE] });
    provider.reply(inTurn({ toolCalls: [draw('x')] }, { tokens: ['ok'] }));
    const { rounds } = await take({ query: 'More', conversation_id: first.conversation_id });
    expect(rounds[0]?.[0]?.content).toMatchObject([{ type: 'image_url' }, { type: 'text', text: 'See' }]);
    expect(rounds[1]?.[0]?.content).toBe('[image]\nSee');
  });

  test('an app that takes none ignores them', async () => {
    provider.reply({ tokens: ['ok'] });
    const { rounds } = await take({ query: 'See', files: [REMOTE] }, 'blind');
    expect(rounds[0]).toEqual([{ role: 'user', content: 'See' }]);
  });
});
