import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type McpServer, startMcpServer } from '../support/tools/start-mcp-server.ts';
import {
  askedOf,
  conversationOf,
  endOf,
  jobOf,
  lastOf,
  outputsOf,
  type RealApps,
  said,
  say,
  startApps,
  titlesIn,
} from './real-apps.ts';
import { dataOf, type Fields, finishedIn, shownIn } from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

let apps: RealApps;
let mcp: McpServer;
beforeAll(async () => {
  mcp = await startMcpServer({
    tools: [
      {
        name: 'locate',
        description: 'Where a team is.',
        inputSchema: { type: 'object', properties: { team: { type: 'string' } }, required: ['team'] },
      },
    ],
    call: (_, { team }) => ({ content: [{ type: 'text', text: `${team} is at the pier` }] }),
  });
  apps = await startApps(['support-desk', 'table-booking', 'field-agent'], {
    outbound: { allow: [`127.0.0.1:${mcp.port}`] },
    app_settings: { 'field-agent': { env: { mcp_url: mcp.url } } },
  });
});
beforeEach(() => apps.provider.reply());
afterAll(async () => {
  await apps.close();
  await mcp.close();
});

describe('support-desk (0.1.5, a classifier with three branches that meet again)', () => {
  const sorted =
    (id: string) =>
    (request: MockRequest): MockReply =>
      jobOf(request).startsWith('You sort')
        ? { tokens: [`\`\`\`json\n{"category_id": "${id}", `, '"category_name": "x"}\n```'] }
        : { tokens: ['Of', ' course', '.'] };

  test('refunds: the model gets the rules from the environment, and what was said before', async () => {
    const [events, requests] = await say(apps, 'support-desk', { query: 'My refund?' }, sorted('1'));
    expect(requests.map(askedOf)).toEqual(['openai', 'openai']);
    const [sorting, refund] = requests as [MockRequest, MockRequest];
    expect(JSON.parse(lastOf(sorting))).toEqual({
      input_text: 'My refund?',
      categories: [
        { category_id: '1', category_name: 'Refunds and payments' },
        { category_id: '2', category_name: 'Technical problems with a device' },
        { category_id: '1736412399001', category_name: 'Anything else' },
      ],
      classification_instructions: 'Customers of Lamp & Co write in many languages.',
    });
    const rules = said(
      'system',
      'You answer about refunds at Lamp & Co. The rules:\n30 days, unworn.\nNo refund for "sale" items.',
    );
    expect(refund.messages).toEqual([rules, said('user', 'My refund?')]);
    expect(refund.body).toMatchObject({ model: 'gpt-4o-mini', temperature: 0.2, max_tokens: 512 });
    expect(shownIn(events)).toBe('Of course.\n\n— Lamp & Co, Refunds and payments');
    expect(titlesIn(events)).toEqual(['Start', 'Kind of question', 'Refunds', 'What to say', 'Answer']);
    expect(finishedIn(events).total_tokens).toBe(12 + 13);
    const end = events.find(({ event }) => event === 'message_end') as Fields;
    expect(end.metadata).toMatchObject({
      usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
    });

    const conversation_id = conversationOf(events);
    const [, [, again]] = await say(
      apps,
      'support-desk',
      { query: 'And when?', conversation_id },
      sorted('1'),
    );
    expect(again?.messages).toEqual([
      rules,
      said('user', 'My refund?'),
      said('assistant', 'Of course.\n\n— Lamp & Co, Refunds and payments'),
      said('user', 'And when?'),
    ]);
  });

  test('devices: code finds what the error codes mean', async () => {
    const [events, requests] = await say(
      apps,
      'support-desk',
      { query: 'It says e42, then E7 and E99' },
      sorted('2'),
    );
    expect(requests[1]?.messages).toEqual([
      said(
        'system',
        'You help with devices. What the error codes of the question mean:\nE42: The battery is empty.\nE7: The lid is open.',
      ),
      said('user', 'It says e42, then E7 and E99'),
    ]);
    expect(outputsOf(events, 'Find the error code')).toMatchObject({ codes: ['E42', 'E7', 'E99'] });
    expect(titlesIn(events)).not.toContain('Refunds');
  });

  test('anything else, without a model; and an answer that names no class takes the first', async () => {
    const [events, requests] = await say(
      apps,
      'support-desk',
      { query: ' opening hours ' },
      sorted('1736412399001'),
    );
    expect(requests).toHaveLength(1);
    expect(shownIn(events)).toBe(
      'Please write to desk@lamp.example about OPENING HOURS.\n\n— Lamp & Co, Anything else',
    );
    const [lost] = await say(apps, 'support-desk', { query: 'Hm' }, { tokens: ['I cannot say'] });
    expect(endOf(lost, 'Kind of question')).toMatchObject({ outputs: { class_id: '1' } });
    expect(titlesIn(lost)).toContain('Refunds');
  });
});

describe('table-booking (0.3.0, a form that is filled over several turns)', () => {
  /** Finds `found` in the text, and asks back. */
  const filling =
    (found: Fields) =>
    (request: MockRequest): MockReply =>
      jobOf(request).startsWith('You find values')
        ? { tokens: [JSON.stringify({ name: '', day: '', guests: 0, ...found })] }
        : { tokens: ['What', ' else?'] };
  const variables = async (conversation: string, user: string) => {
    const path = `/conversations/${conversation}/variables?user=${user}`;
    const { data } = (await (await apps.parley.request('table-booking', 'GET', path)).json()) as {
      data: Fields[];
    };
    return Object.fromEntries(data.map(({ name, value }) => [name, value]));
  };

  test('what was told stays; when all is there it is booked', async () => {
    const turn = (query: string, found: Fields, conversation_id = '') =>
      say(apps, 'table-booking', { query, conversation_id, user: 'guest' }, filling(found));
    const ask = (missing: string, at: number) =>
      said('system', `You take bookings for The Blue Door. Ask for: ${missing}. This is turn ${at}.`);

    const [first, [finding, asking]] = await turn('A table for 4 please', { guests: 4 });
    const id = conversationOf(first);
    expect(jobOf(finding as MockRequest)).toContain('Known so far: , , 0.');
    expect(finding?.tools).toEqual([]);
    expect(asking?.messages).toEqual([
      ask('["name", "day"]', 1),
      said('user', 'Guest: A table for 4 please'),
    ]);
    expect(shownIn(first)).toBe('What else?');
    expect(await variables(id, 'guest')).toMatchObject({ name: '', day: '' });

    const [, [refinding, reasking]] = await turn('On Friday', { day: 'Friday' }, id);
    expect(jobOf(refinding as MockRequest)).toContain('Known so far: , , 4.');
    expect(reasking?.messages).toEqual([
      ask('["name"]', 2),
      said('user', 'A table for 4 please'),
      said('assistant', 'What else?'),
      said('user', 'Guest: On Friday'),
    ]);

    // A change of mind counts, and the memory's window is two turns wide.
    const [, [, third]] = await turn('No, Sunday', { day: 'Sunday' }, id);
    expect(third?.messages.map(({ content }) => content)).toEqual([
      ask('["name"]', 3).content,
      ...['A table for 4 please', 'What else?', 'On Friday', 'What else?', 'Guest: No, Sunday'],
    ]);
    const [last, requests] = await turn('Ada', { name: 'Ada' }, id);
    expect(requests).toHaveLength(1);
    expect(shownIn(last)).toBe('Booked at The Blue Door: 4 on Sunday, for Ada.');
    expect(titlesIn(last)).toEqual(['Start', 'What is new', 'Merge', 'Save', 'All there?', 'Book', 'Booked']);
    const kept = await variables(id, 'guest');
    expect(kept).toMatchObject({ name: 'Ada', day: 'Sunday' });
    expect(JSON.parse(String(kept.booking))).toEqual({ name: 'Ada', day: 'Sunday', guests: 4 });
    expect(JSON.parse(String(kept.said))).toEqual(['A table for 4 please', 'On Friday', 'No, Sunday', 'Ada']);

    const [other] = await say(apps, 'table-booking', { query: 'Hi', user: 'another' }, filling({}));
    expect(await variables(conversationOf(other), 'another')).toMatchObject({ name: '', day: '' });
  });

  test('a model that finds nothing fails nothing: the form stays as it was', async () => {
    const [events] = await say(
      apps,
      'table-booking',
      { query: '?', user: 'silent' },
      { tokens: ['Nothing.'] },
    );
    expect(finishedIn(events).status).toBe('succeeded');
    expect(outputsOf(events, 'What is new')).toMatchObject({ __is_success: 0, name: '', guests: 0 });
    expect(outputsOf(events, 'Merge')).toMatchObject({ missing: ['name', 'day', 'guests'] });
  });
});

describe('field-agent (0.4.0, an agent with a clock and an MCP server)', () => {
  test('works with both, tells what it does, and remembers', async () => {
    const script = (request: MockRequest): MockReply => {
      const [last] = request.messages.slice(-1);
      if (last?.role === 'user' && last.content === 'Where and when?')
        return {
          tokens: ['Let me', ' look.'],
          toolCalls: [
            { name: 'weekday', arguments: '{"month": 1, "day": 5}' },
            { name: 'locate', arguments: '{"team": "Red"}' },
          ],
        };
      return { tokens: ['At the pier,', ' on Friday.'] };
    };
    const body = { query: 'Where and when?', inputs: { team: 'Red' } };
    const [events, requests] = await say(apps, 'field-agent', body, script);
    const [first, second] = requests as [MockRequest, MockRequest];
    expect(first.messages).toEqual([
      said('system', 'You work for team Red.'),
      said('user', 'Where and when?'),
    ]);
    expect(first.tools.map(({ name }) => name)).toEqual(['weekday', 'locate']);
    // What the author has set is not the model's to say.
    expect(Object.keys(first.tools[0]?.parameters.properties as Fields).toSorted()).toEqual(['day', 'month']);
    expect(first.tools[0]?.description).toBe('Tells which day of the week it is.');
    expect(second.messages.slice(-2).map(({ content }) => content)).toEqual([
      'January 5, 2024 is Friday.',
      'Red is at the pier',
    ]);
    expect(mcp.calls.map(({ name, args }) => [name, args])).toEqual([['locate', { team: 'Red' }]]);
    expect(shownIn(events)).toMatch(/^Let me look\.\s+At the pier, on Friday\.$/);
    const labels = dataOf(events, 'agent_log').map(({ label, status }) => `${label} ${status}`);
    expect(labels).toEqual(
      expect.arrayContaining([
        'ROUND 1 start',
        'CALL weekday success',
        'CALL locate success',
        'ROUND 2 success',
      ]),
    );
    expect(dataOf(events, 'node_started')[1]).toMatchObject({
      title: 'Agent',
      agent_strategy: { name: 'function_calling' },
    });
    // 10 and 2 each, twice.
    expect(finishedIn(events).total_tokens).toBe(24);

    const again = { query: 'Sure?', conversation_id: conversationOf(events), inputs: { team: 'Red' } };
    const [, [third]] = await say(apps, 'field-agent', again, { tokens: ['Yes.'] });
    expect(third?.messages).toEqual([
      said('system', 'You work for team Red.'),
      said('user', 'Where and when?'),
      said('assistant', shownIn(events)),
      said('user', 'Sure?'),
    ]);
  });
});
