import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import {
  endOf,
  jobOf,
  lastOf,
  outputsOf,
  type RealApps,
  said,
  startApps,
  titlesIn,
  watching,
} from './real-apps.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  runWorkflow,
  shownIn,
  streamChatflow,
  streamWorkflow,
} from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

const EXAMPLES = ['reflection', 'digest', 'support'];
const folder = join(import.meta.dirname, '../../examples');

// At once: the demo model takes its time for every word.
describe.concurrent('on a fresh clone, where nothing is configured, the demo model answers', () => {
  let apps: RealApps;
  beforeAll(async () => {
    apps = await startApps(EXAMPLES, { providers: {} }, folder);
  });
  afterAll(async () => {
    expect(apps.provider.requests).toEqual([]);
    await apps.close();
  });

  test('reflection', async () => {
    const inputs = { text: 'Guten Morgen', language: 'English' };
    const { data } = await runWorkflow(apps.parley, { inputs }, 'reflection');
    expect(data).toMatchObject({
      status: 'succeeded',
      outputs: { translation: expect.stringMatching(/\S/), remarks: expect.stringMatching(/\S/) },
    });
    expect(data.total_tokens).toBeGreaterThan(0);
  });

  test('digest', async () => {
    const text = 'One.\n\nTwo.\n \nThree.';
    const events = await streamWorkflow(apps.parley, { inputs: { text } }, 'digest');
    const { status, outputs } = finishedIn(events);
    expect(status).toBe('succeeded');
    expect((outputs as Fields).digest).toMatch(/^1\. [\s\S]*\n2\. [\s\S]*\n3\. \S/);
    expect(shownIn(events)).toBe((outputs as Fields).digest);
  });

  test('support: two turns, whose topics are noted', async () => {
    const first = await answered(sendChat(apps.parley, { query: 'My parcel has not arrived.' }, 'support'));
    expect(first.answer).toMatch(/\S/);
    const { conversation_id } = first;
    const second = await streamChatflow(apps.parley, { query: 'Thank you', conversation_id }, 'support');
    expect(shownIn(second)).toMatch(/\S/);
    expect(second.at(-1)?.event).toBe('workflow_finished');
    const path = `/conversations/${conversation_id}/variables?user=u1`;
    const { data } = (await (await apps.parley.request('support', 'GET', path)).json()) as { data: Fields[] };
    expect(JSON.parse(String(data[0]?.value))).toHaveLength(2);
  });
});

describe('with a model', () => {
  let apps: RealApps;
  beforeAll(async () => {
    apps = await startApps(EXAMPLES, {}, folder);
  });
  afterEach(() => apps.provider.reply());
  afterAll(() => apps.close());
  const script = (reply: (request: MockRequest) => MockReply) => apps.provider.reply(reply);

  test('reflection: draft, critique, improvement, each with what came before', async () => {
    script((request) => {
      const job = jobOf(request);
      if (job.startsWith('You translate')) return { tokens: ['Good', ' day'] };
      return { tokens: [job.startsWith('You review') ? 'Say morning.' : 'Good morning'] };
    });
    const inputs = { text: 'Guten Morgen', language: 'English' };
    const [events, requests] = await watching(
      apps.provider,
      streamWorkflow(apps.parley, { inputs }, 'reflection'),
    );
    expect(requests.map(({ messages }) => messages)).toEqual([
      [
        said('system', 'You translate into English. Answer with the translation only.'),
        said('user', 'Guten Morgen'),
      ],
      [
        said(
          'system',
          'You review translations into English. List at most five concrete improvements of accuracy, fluency and tone.',
        ),
        said('user', 'Original:\nGuten Morgen\n\nDraft:\nGood day'),
      ],
      [
        said('system', 'You improve translations into English. Answer with the improved translation only.'),
        said('user', 'Original:\nGuten Morgen\n\nDraft:\nGood day\n\nRemarks:\nSay morning.'),
      ],
    ]);
    expect(finishedIn(events)).toMatchObject({
      outputs: { translation: 'Good morning', remarks: 'Say morning.' },
      total_tokens: 12 + 11 + 11,
    });
  });

  test('reflection: a reviewer that fails is left out', async () => {
    script((request) =>
      jobOf(request).startsWith('You review')
        ? { status: 400, error: { message: 'busy' } }
        : { tokens: ['Good day'] },
    );
    const events = await streamWorkflow(apps.parley, { inputs: { text: 'Guten Tag' } }, 'reflection');
    expect(titlesIn(events, 'node_retry')).toEqual(['Critique', 'Critique']);
    expect(endOf(events, 'Critique')).toMatchObject({ status: 'exception', outputs: { text: 'no remarks' } });
    expect(finishedIn(events)).toMatchObject({
      status: 'partial-succeeded',
      outputs: { translation: 'Good day', remarks: 'no remarks' },
    });
  });

  test('digest: paragraphs at once, in their order; one that fails is left out', async () => {
    script((request) =>
      lastOf(request) === 'B'
        ? { status: 400, error: { message: 'no' } }
        : { tokens: [`about ${lastOf(request)}`] },
    );
    const inputs = { text: 'A\n\n\nB\n\n  C  ' };
    const [events, requests] = await watching(
      apps.provider,
      streamWorkflow(apps.parley, { inputs }, 'digest'),
    );
    expect(requests.map(lastOf).toSorted()).toEqual(['A', 'B', 'C']);
    expect(finishedIn(events).outputs).toEqual({ digest: '1. about A\n2. about C\n' });
    expect(dataOf(events, 'iteration_completed')[0]?.outputs).toEqual({ output: ['about A', 'about C'] });
  });

  test('support: the classifier chooses who answers; topics and turns are remembered', async () => {
    const classify = (id: string) =>
      script((request) => ({
        tokens: [
          jobOf(request).startsWith('You sort')
            ? JSON.stringify({ category_id: id, category_name: id })
            : 'At once.',
        ],
      }));
    classify('orders');
    const [first, [, asked]] = await watching(
      apps.provider,
      streamChatflow(apps.parley, { query: 'Where is it?' }, 'support'),
    );
    expect(jobOf(asked as MockRequest)).toBe(
      'You are the order desk of Example Ltd. Ask for the order number when you need it, and never invent one.\nTopics of this conversation so far: ["orders, deliveries, returns and payments"]',
    );
    expect(titlesIn(first)).toEqual([
      'Start',
      'What is it about?',
      'Note the order',
      'About orders',
      'Answer',
    ]);
    classify('other');
    const conversation_id = first[0]?.conversation_id;
    const [second, [, again]] = await watching(
      apps.provider,
      streamChatflow(apps.parley, { query: 'Nice weather', conversation_id }, 'support'),
    );
    expect(again?.messages).toEqual([
      said(
        'system',
        'You are the front desk of Example Ltd. Answer in two or three friendly sentences.\nTopics of this conversation so far: ["orders, deliveries, returns and payments", "anything else"]',
      ),
      said('user', 'Where is it?'),
      said('assistant', 'At once.'),
      said('user', 'Nice weather'),
    ]);
    expect(outputsOf(second, 'What is it about?')).toMatchObject({ class_id: 'other' });
    const parameters = await (await apps.parley.request('support', 'GET', '/parameters')).json();
    expect(parameters).toMatchObject({
      opening_statement: 'Hello, this is the support desk. What can I do for you?',
      suggested_questions: ['My parcel has not arrived.', 'How do I return something?'],
    });
  });
});
