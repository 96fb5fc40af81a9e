import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import {
  askedOf,
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
import { finishedIn, runWorkflow, shownIn, streamWorkflow } from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

let apps: RealApps;
beforeAll(async () => {
  apps = await startApps(['reflective-translation', 'write-until-good', 'invoice-fields', 'press-kit']);
});
afterAll(() => apps.close());

/** Runs the app while the mock answers by `script`. */
function run(app: string, inputs: object, script: (request: MockRequest) => MockReply) {
  apps.provider.reply(script);
  return watching(apps.provider, streamWorkflow(apps.parley, { inputs }, app));
}

/** Each of the four models of the translation says its name, in pieces, and reports what it has used. */
function translator(request: MockRequest): MockReply {
  const job = jobOf(request);
  const usage = (prompt_tokens: number, completion_tokens: number) => ({ prompt_tokens, completion_tokens });
  if (job.includes('术语表')) return { tokens: ['The', ' glossary'], usage: usage(100, 2) };
  if (job.includes('译者')) return { tokens: ['The', ' plain'], usage: usage(200, 2) };
  if (job.startsWith('指出')) return { tokens: ['太', '直'], usage: usage(30, 5) };
  return { tokens: ['The', ' fine', ' one'], usage: usage(4, 3) };
}

describe('reflective-translation (0.1.0, a short provider name, both forms of conditions)', () => {
  const TEXT = '床前明月光，\n疑是地上霜。';

  test('without a glossary: one branch, three prompts to the letter, the usage of all', async () => {
    const inputs = { text: TEXT, language: '英语' };
    const [events, requests] = await run('reflective-translation', inputs, translator);
    expect(requests.map(({ messages }) => messages)).toEqual([
      [said('system', '你是一位精通英语的译者。只给出译文。'), said('user', TEXT)],
      [
        said('system', '指出译文里不符合英语习惯的地方，简明扼要。'),
        said('user', `<原文>\n${TEXT}\n</原文>\n<译文>\nThe plain\n</译文>`),
      ],
      [
        said('system', '根据意见改写译文，保持原意。'),
        said('user', '<译文>\nThe plain\n</译文>'),
        said('assistant', '好的，请给出意见。'),
        said('user', '太直'),
      ],
    ]);
    expect(new Set(requests.map(askedOf))).toEqual(new Set(['deepseek']));
    expect(requests.map(({ body }) => [body?.model, body?.temperature])).toEqual(
      requests.map(() => ['deepseek-chat', 0.3]),
    );
    const order = ['开始', '有术语表？', '直译', '初稿', '挑毛病', '意译', '结束'];
    expect(titlesIn(events)).toEqual(order);
    expect(titlesIn(events, 'node_finished')).toEqual(order);
    // Each output of the end once it is there: what streams, as it comes.
    const story = events.map(({ event, data }) => [event, data?.title ?? data?.text]);
    const from = story.findIndex(([, what]) => what === '意译');
    expect(story.slice(from).map(([event, what]) => (event === 'text_chunk' ? what : event))).toEqual([
      'node_started',
      ...['The', ' fine', ' one', '\n', 'The plain', '\n', '太', '直'],
      'node_finished',
      'node_started',
      'node_finished',
      'workflow_finished',
    ]);
    expect(outputsOf(events, '有术语表？')).toEqual({ result: false, selected_case_id: 'false' });
    expect(endOf(events, '初稿').outputs).toEqual({ output: 'The plain' });
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { translation: 'The fine one', draft: 'The plain', remarks: '太直' },
      total_tokens: 202 + 35 + 7,
      total_steps: 7,
      exceptions_count: 0,
    });
    expect(endOf(events, '挑毛病').execution_metadata).toMatchObject({ total_tokens: 35 });
  });

  test('with one, the other branch; what streams is what the end gives, in its order', async () => {
    const inputs = { text: TEXT, language: '日语', glossary: '霜 = frost\n光 = light' };
    const [events, requests] = await run('reflective-translation', inputs, translator);
    expect(requests[0]?.messages).toEqual([
      said(
        'system',
        '你是一位精通日语的译者。必须使用术语表中的译法：\n霜 = frost\n光 = light\n只给出译文。',
      ),
      said('user', TEXT),
    ]);
    expect(titlesIn(events)).toContain('按术语表直译');
    expect(titlesIn(events)).not.toContain('直译');
    expect(shownIn(events)).toBe('The fine one\nThe glossary\n太直');
    expect(finishedIn(events).total_tokens).toBe(102 + 35 + 7);
  });

  test('a language that is no choice is refused before anything runs', async () => {
    const before = apps.provider.requests.length;
    const body = { inputs: { text: TEXT, language: '火星语' }, response_mode: 'streaming', user: 'u' };
    const response = await apps.parley.request('reflective-translation', 'POST', '/workflows/run', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_param',
      message: expect.stringMatching(/^language in input form must be one of the following: .*英语/),
    });
    expect(apps.provider.requests).toHaveLength(before);
  });
});

describe('write-until-good (0.6.0, a loop with a judge)', () => {
  /** Judges the first try with the first of these scores, and so on. */
  const judged = (scores: readonly (readonly [score: number, hopeless?: boolean])[]) => {
    let tries = 0;
    return (request: MockRequest): MockReply => {
      if (jobOf(request).startsWith('You write')) return { tokens: ['try', ` ${++tries}`] };
      const [score, hopeless = false] = scores[tries - 1] ?? [0];
      return { tokens: [JSON.stringify({ score, remark: `remark ${tries}`, hopeless })] };
    };
  };

  test('writes again, told what was wrong, until the score is reached', async () => {
    const [events, requests] = await run('write-until-good', { subject: 'rain' }, judged([[5.5], [8]]));
    const written = requests.filter((request) => jobOf(request).startsWith('You write'));
    expect(written.map(({ messages }) => messages)).toEqual([
      [
        said('system', 'You write four lines about rain. Heed: ["be brief"]'),
        said('user', 'Your last try:\n'),
      ],
      [
        said('system', 'You write four lines about rain. Heed: ["be brief", "remark 1"]'),
        said('user', 'Your last try:\ntry 1'),
      ],
    ]);
    expect(requests.map(({ body }) => body?.model)).toEqual([
      'gpt-4o',
      'gpt-4o-mini',
      'gpt-4o',
      'gpt-4o-mini',
    ]);
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'try 2', score: 8, remarks: ['be brief', 'remark 1', 'remark 2'], rounds: 2 },
      total_tokens: 2 * 12 + 2 * 11,
    });
    expect(titlesIn(events, 'loop_next')).toHaveLength(1);
  });

  test('no more often than the loop may go round', async () => {
    const [events, requests] = await run('write-until-good', { subject: 'rain', good: 10 }, judged([]));
    expect(requests).toHaveLength(8);
    expect(finishedIn(events).outputs).toMatchObject({ text: 'try 4', score: 0, rounds: 4 });
  });

  test('or until a node inside ends the loop', async () => {
    const [events] = await run('write-until-good', { subject: 'rain' }, judged([[1], [2, true], [9]]));
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'try 2', score: 2, rounds: 2 },
    });
    expect(titlesIn(events).filter((title) => title === 'Give up')).toHaveLength(1);
  });

  test('a judge that says no JSON fails the loop and the run', async () => {
    const [events] = await run('write-until-good', { subject: 'rain' }, () => ({ tokens: ['Nice!'] }));
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('structured output'),
    });
    expect(endOf(events, 'Judge').status).toBe('failed');
  });
});

describe('invoice-fields (0.6.0, structured output of a provider without schemas, prompts in Jinja)', () => {
  const INVOICE = '  Invoice 7: lamp 20.10,\nbulb 3.05. Total 23.15\n';
  const FIELDS = {
    number: '7',
    items: [
      { what: 'lamp', price: 20.1 },
      { what: 'bulb', price: 3.05 },
    ],
    total: 23.15,
  };
  const fenced = (fields: object): MockReply => ({
    tokens: ['Here you are:\n```json\n', JSON.stringify(fields), '\n```'],
  });

  test('the schema goes along in words, and the object comes out of the fence', async () => {
    const inputs = { invoice: INVOICE, hints: { unit: 'EUR', places: 2 } };
    const [events, [request, ...more]] = await run('invoice-fields', inputs, () => fenced(FIELDS));
    expect(more).toEqual([]);
    expect(askedOf(request as MockRequest)).toBe('openai_api_compatible');
    const [system, user] = (request as MockRequest).messages;
    const [job, schema] = String(system?.content).split('JSON Schema:\n');
    expect(job).toMatch(/^You read invoices\.\n- places: 2\n- unit: EUR\n\n/);
    expect(JSON.parse(schema ?? '')).toMatchObject({ required: ['number', 'items', 'total'] });
    expect(user).toEqual(said('user', '11 words:\nInvoice 7: lamp 20.10,\nbulb 3.05. Total 23.15'));
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { number: '7', fields: FIELDS, what: ['lamp', 'bulb'] },
    });
    expect(outputsOf(events, 'Read').structured_output).toEqual(FIELDS);
  });

  test('a provider that refuses the format is asked again without it', async () => {
    const script = ({ body }: MockRequest): MockReply =>
      body?.response_format === undefined
        ? fenced({ ...FIELDS, total: 25 })
        : {
            status: 400,
            error: { message: 'This response_format type is unavailable now', type: 'invalid_request_error' },
          };
    const [events, requests] = await run('invoice-fields', { invoice: INVOICE }, script);
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { number: '7', difference: 1.85 },
    });
    expect(requests).toHaveLength(2);
    expect(outputsOf(events, 'Right?')).toEqual({ result: false, selected_case_id: 'false' });
  });

  test('an answer that the schema forbids fails the node', async () => {
    const wrong = { ...FIELDS, total: 'much' };
    const [events] = await run('invoice-fields', { invoice: INVOICE }, () => fenced(wrong));
    expect(finishedIn(events)).toMatchObject({ status: 'failed', error: expect.stringContaining('total') });
  });
});

describe('press-kit (0.5.0, a workflow as a tool of another)', () => {
  test('what the called one gives back, and what it has used', async () => {
    const [events, requests] = await run('press-kit', { text: '新产品' }, (request) =>
      jobOf(request) === 'Find a title.'
        ? { tokens: ['A', ' title'], usage: { prompt_tokens: 1000, completion_tokens: 2 } }
        : translator(request),
    );
    expect(requests.map(jobOf).map((job) => job.slice(0, 4))).toEqual([
      '你是一位',
      '指出译文',
      '根据意见',
      'Find',
    ]);
    expect(lastOf(requests[3] as MockRequest)).toBe('The fine one');
    const given = { translation: 'The fine one', draft: 'The plain', remarks: '太直' };
    const { outputs, total_tokens } = finishedIn(events);
    expect(outputs).toEqual({
      title: 'A title',
      translation: 'The fine one',
      all: [given],
      raw: JSON.stringify(given),
    });
    expect(titlesIn(events)).toEqual(['Start', '反思翻译', 'Title', 'End']);
    expect(total_tokens).toBe(1002 + 244);
  });

  test('its failure is that of the tool', async () => {
    const [events] = await run('press-kit', { text: '新产品' }, (request) =>
      jobOf(request).startsWith('指出') ? { status: 400, error: { message: 'no' } } : translator(request),
    );
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('Failed to invoke tool'),
    });
  });

  test('blocking, the same', async () => {
    apps.provider.reply(translator);
    const { data } = await runWorkflow(apps.parley, { inputs: { text: '新产品' } }, 'press-kit');
    expect(data).toMatchObject({ status: 'succeeded', outputs: { translation: 'The fine one' } });
  });
});
