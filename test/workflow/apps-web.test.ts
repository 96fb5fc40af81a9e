import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type Callee, type CalleeRequest, startCallee } from '../support/tools/start-callee.ts';
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
import { dataOf, finishedIn, streamWorkflow } from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

const SECRET = 'crm/key-4711+x=';

let apps: RealApps;
/** SearXNG, the CRM, and the pages that a search finds. */
let web: Callee;
beforeAll(async () => {
  web = await startCallee();
  apps = await startApps(['research', 'crm-ticket', 'old-search'], {
    tools: [{ name: 'searxng', base_url: web.url }],
    outbound: { allow: [`127.0.0.1:${web.port}`] },
    app_settings: { 'crm-ticket': { env: { crm_token: SECRET, crm_url: web.url } } },
  });
});
beforeEach(() => {
  apps.provider.reply();
  web.reply();
});
afterAll(async () => {
  await apps.close();
  await web.close();
});

/** Runs the app; what reached the web in the meantime comes along. */
async function run(app: string, inputs: object) {
  const before = web.requests.length;
  const [events, asked] = await watching(apps.provider, streamWorkflow(apps.parley, { inputs }, app));
  return { events, asked, visits: web.requests.slice(before) };
}
const queryOf = ({ path }: CalleeRequest) => new URL(path, 'http://web').searchParams;

describe('research (0.3.1, an extractor, an iteration of three at once, a tool)', () => {
  const TOPICS = ['green tea', 'coffee', 'hot milk', 'maté'];
  const found: MockReply = {
    toolCalls: [
      { name: 'extract_parameters', arguments: JSON.stringify({ topics: TOPICS, reader: 'student' }) },
    ],
    usage: { prompt_tokens: 500, completion_tokens: 20 },
  };
  const note = (request: MockRequest): MockReply => ({
    tokens: ['Note', ` on ${lastOf(request)}.`],
    usage: { prompt_tokens: 50, completion_tokens: 2 },
  });
  const results = (request: CalleeRequest) => {
    const topic = String(queryOf(request).get('q')).replace(' overview', '');
    if (topic === 'coffee') return { status: 500, body: 'no beans' };
    return { body: { results: [1, 2, 3].map((at) => ({ title: `${topic} ${at}`, url: `http://${at}` })) } };
  };

  test('each topic is looked up; one that fails stays empty; the report keeps the order', async () => {
    web.reply(results);
    apps.provider.reply((request) => (request.tools.length > 0 ? found : note(request)));
    const { events, asked, visits } = await run('research', { question: 'What to drink?' });

    const [extraction, ...notes] = asked;
    expect(extraction?.tools).toMatchObject([
      {
        name: 'extract_parameters',
        parameters: {
          properties: {
            topics: { type: 'array', items: { type: 'string' } },
            reader: { type: 'string', enum: ['child', 'student', 'expert'] },
          },
          required: ['topics'],
        },
      },
    ]);
    expect(jobOf(extraction as MockRequest)).toContain('At most four topics.');
    expect(lastOf(extraction as MockRequest)).toContain('<text>\nWhat to drink?\n</text>');
    expect(new Set(asked.map(askedOf))).toEqual(new Set(['deepseek']));

    const queries = visits.map((visit) => Object.fromEntries(queryOf(visit)));
    const query = (topic: string) => ({ q: `${topic} overview`, format: 'json', categories: 'general' });
    expect(queries).toHaveLength(4);
    expect(queries).toEqual(expect.arrayContaining(TOPICS.map(query)));
    const noted = (topic: string, at: number) => [
      said(
        'system',
        `Write one sentence for a student on topic ${at}, from these pages only:\n${topic} 1: http://1\n${topic} 2: http://2`,
      ),
      said('user', topic),
    ];
    expect(notes).toHaveLength(3);
    expect(notes.map(({ messages }) => messages)).toEqual(
      expect.arrayContaining([noted('green tea', 0), noted('hot milk', 2), noted('maté', 3)]),
    );

    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: {
        report: [
          '# What to drink?',
          '',
          '## 1. Green Tea',
          'Note on green tea.',
          '',
          '## 2. Coffee',
          '(nothing was found)',
          '',
          '## 3. Hot Milk',
          'Note on hot milk.',
          '',
          '## 4. Maté',
          'Note on maté.',
          '',
          '3 of 4 topics',
        ].join('\n'),
        notes: ['Note on green tea.', null, 'Note on hot milk.', 'Note on maté.'],
      },
      total_tokens: 520 + 3 * 52,
    });
    const [each] = dataOf(events, 'iteration_completed');
    expect(each).toMatchObject({ execution_metadata: { total_tokens: 3 * 52 }, steps: 4 });
    const inside = dataOf(events, 'node_started').filter(({ iteration_id }) => iteration_id);
    expect(new Set(inside.map(({ iteration_id }) => iteration_id))).toEqual(new Set([each?.node_id]));
    expect(endOf(events, 'Topics').execution_metadata).toMatchObject({ total_tokens: 520 });
  });

  test('as many at once as it says, and no more', async () => {
    web.reply({ hold: 'headers' });
    apps.provider.reply((request) => (request.tools.length > 0 ? found : note(request)));
    const before = web.requests.length;
    const running = run('research', { question: 'What to drink?', results: 1 });
    const next = () => web.nextRequest((request) => web.requests.indexOf(request) >= before);
    const first = [await next(), await next(), await next()];
    expect(web.requests.length - before).toBe(3);
    first[2]?.release();
    const fourth = await next();
    expect(queryOf(fourth).get('q')).toBe('maté overview');
    for (const request of [...first, fourth]) request.release();
    // What was held is no list of results.
    const { events } = await running;
    expect(finishedIn(events)).toMatchObject({ outputs: { notes: [null, null, null, null] } });
    const searches = events.filter(({ data }) => data?.title === 'SearXNG Search').map(({ event }) => event);
    expect(searches.slice(0, 5)).toEqual([...Array(3).fill('node_started'), 'node_finished', 'node_started']);
  });

  test('a model that calls nothing: the branch without topics, which says why', async () => {
    apps.provider.reply({ tokens: ['I cannot.'] });
    const { events, visits } = await run('research', { question: '?' });
    expect(visits).toEqual([]);
    expect(titlesIn(events)).toEqual(['Start', 'Topics', 'Found any?', 'No topics']);
    expect(outputsOf(events, 'Topics')).toMatchObject({ __is_success: 0, topics: [], reader: '' });
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { reason: expect.stringMatching(/\S/) },
    });
  });
});

describe('crm-ticket (0.5.0, requests with retries, a failing branch and default values; a secret)', () => {
  /** Answers of the CRM by the first part of their paths, one after the other. */
  function crm(answers: Readonly<Record<string, readonly { status?: number; body?: unknown }[]>>) {
    const at = new Map<string, number>();
    web.reply(({ path }) => {
      const name = path.split(/[/?]/)[1] ?? '';
      const turn = at.get(name) ?? 0;
      at.set(name, turn + 1);
      const list = answers[name] ?? [];
      return list[Math.min(turn, list.length - 1)] ?? { status: 404 };
    });
  }
  const ADA = { body: { name: 'Ada', tier: 'gold' } };
  const inputs = { customer: 'C 7&x', problem: 'It says "no"' };

  test('asks again while the CRM fails, then goes on; the ticket has it all', async () => {
    crm({
      customers: [{ status: 503 }, { status: 503 }, ADA],
      hours: [{ body: '4' }],
      tickets: [{ status: 201, body: { id: 'T1' } }],
    });
    const { events, visits } = await run('crm-ticket', inputs);
    expect(visits.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      ...Array(3).fill('GET /customers'),
      'GET /hours/gold',
      'POST /tickets',
    ]);
    expect(Object.fromEntries(queryOf(visits[2] as CalleeRequest))).toEqual({
      fields: 'name,tier',
      id: 'C 7&x',
    });
    const ticket = visits[4] as CalleeRequest;
    expect(visits[2]?.headers).toMatchObject({ 'x-api-key': SECRET, accept: 'application/json' });
    expect(visits[3]?.headers).not.toHaveProperty('x-api-key');
    expect(ticket.headers).toMatchObject({ 'x-api-key': SECRET, 'x-source': 'desk', 'x-tier': 'gold' });
    expect(ticket.headers['content-type']).toMatch(/^application\/json/);
    // The quotes in the text break the JSON, which is repaired as Dify does it.
    expect(JSON.parse(ticket.body)).toEqual({ customer: 'Ada', hours: 4, text: 'It says "no"' });
    expect(titlesIn(events, 'node_retry')).toEqual(['Customer', 'Customer']);
    expect(dataOf(events, 'node_retry').map(({ retry_index }) => retry_index)).toEqual([1, 2]);
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { ticket: '{"id":"T1"}', status: 201, hours: '4' },
      exceptions_count: 0,
    });
    const told = JSON.stringify(events);
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(encodeURIComponent(SECRET));
  });

  test('a default value stands in, and the run is a partial success', async () => {
    crm({ customers: [ADA], hours: [{ status: 500, body: 'down' }], tickets: [{ body: 'ok' }] });
    const { events, visits } = await run('crm-ticket', inputs);
    expect(visits).toHaveLength(3);
    expect(endOf(events, 'Hours to answer')).toMatchObject({
      status: 'exception',
      error: 'Request failed with status code 500',
      outputs: {
        body: '48',
        error_message: 'Request failed with status code 500',
        error_type: 'HTTPResponseCodeError',
      },
    });
    expect(JSON.parse(visits[2]?.body ?? '')).toMatchObject({ hours: 48 });
    expect(finishedIn(events)).toMatchObject({
      status: 'partial-succeeded',
      exceptions_count: 1,
      outputs: { hours: '48' },
    });
  });

  test('a ticket that is refused takes the failing branch', async () => {
    crm({ customers: [ADA], hours: [{ body: '4' }], tickets: [{ status: 422, body: { why: 'closed' } }] });
    const { events } = await run('crm-ticket', inputs);
    expect(titlesIn(events)).toEqual([
      'Start',
      'Customer',
      'Read the customer',
      'Hours to answer',
      'Open the ticket',
      'Sorry',
      'Not opened',
    ]);
    expect(finishedIn(events)).toMatchObject({
      status: 'partial-succeeded',
      outputs: { error: 'HTTPResponseCodeError: Request failed with status code 422' },
    });
  });

  test('retries that are used up fail the run', async () => {
    crm({ customers: [{ status: 500, body: `bad key ${SECRET}` }] });
    const { events, visits } = await run('crm-ticket', inputs);
    expect(visits).toHaveLength(4);
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: 'Request failed with status code 500',
    });
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });
});

describe('old-search (0.1.0, as the first releases exported it)', () => {
  test('an iteration without a start node, a tool without version, a condition without cases, a request that is retried', async () => {
    let failures = 2;
    web.reply((request) => {
      if (request.path.startsWith('/page')) {
        if (request.path === '/page/2' && failures-- > 0) return { status: 502 };
        return { headers: { 'content-type': 'text/html' }, body: `<p>Page ${request.path}</p>` };
      }
      const pages = [1, 2, 3, 4].map((at) => ({ title: `T${at}`, url: `${web.url}/page/${at}` }));
      return { body: { results: pages } };
    });
    apps.provider.reply((request) => ({ tokens: ['关于', /page\/\d/.exec(lastOf(request))?.[0] ?? '?'] }));
    const { events, asked, visits } = await run('old-search', { query: '茶' });

    expect(Object.fromEntries(queryOf(visits[0] as CalleeRequest))).toEqual({
      q: '茶',
      format: 'json',
      categories: 'general',
    });
    expect(visits.slice(1).map(({ path }) => path)).toEqual([
      '/page/1',
      ...Array(3).fill('/page/2'),
      '/page/3',
    ]);
    expect(visits[1]?.headers['user-agent']).toBe('Reader');
    expect(asked.map(({ messages }) => messages)).toEqual(
      [1, 2, 3].map((at) => [said('system', '用一句话总结网页。'), said('user', `<p>Page /page/${at}</p>`)]),
    );
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: {
        result: '1、关于page/1\n2、关于page/2\n3、关于page/3\n',
        links: [1, 2, 3].map((at) => `T${at}: ${web.url}/page/${at}`).join('\n'),
      },
      total_tokens: 3 * 12,
    });
    expect(dataOf(events, 'iteration_next').map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(titlesIn(events, 'node_retry')).toEqual(['取网页', '取网页']);
  });

  test('nothing found: nothing is read', async () => {
    web.reply({ body: { results: [] } });
    const { events, asked } = await run('old-search', { query: '茶' });
    expect(asked).toEqual([]);
    expect(titlesIn(events).at(-1)).toBe('没有结果');
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { result: 'No results found.' },
    });
  });
});
