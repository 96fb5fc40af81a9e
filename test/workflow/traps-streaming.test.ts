import { describe, expect, test } from 'vitest';
import { answered, sendChat } from '../support/parley/turns.ts';
import {
  assignNode,
  C,
  CONVERSATION,
  httpNode,
  ifNode,
  iterationNodes,
  openFactLab,
  returning,
  X_IS_YES,
} from './fact-lab.ts';
import { answerNode, endNode, llmNode, startNode, templateNode } from './graph-app.ts';
import { finishedIn, messagesOf, piecesOf, storyOf } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about what is streamed: 4, 5 and 19. */
const lab = await openFactLab();

const start = startNode('x');
const llm = llmNode('Say something.');
const list = returning({ items: ['a', 'b'] }, { items: 'array[string]' });
const inOrder = (story: readonly string[], first: string, then: string) => {
  expect(story).toContain(first);
  expect(story).toContain(then);
  expect(story.indexOf(first), story.join('\n')).toBeLessThan(story.indexOf(then));
};

describe('12.4 answers stream before their node runs', () => {
  const fixed = lab.chatflow({ start, llm, answer: answerNode('first {{#llm.text#}} last') });
  test('what is fixed comes first of all', async () => {
    const story = storyOf(await fixed.stream());
    inOrder(story, '"first "', 'node_finished start');
    inOrder(story, '"Hello"', 'node_finished llm');
    inOrder(story, '" last"', 'node_started answer');
  });

  const two = lab.chatflow(
    { start, llm, zeta: answerNode('of zeta'), alpha: answerNode('{{#llm.text#}}, ') },
    {
      edges: [
        ['start', 'zeta'],
        ['start', 'llm'],
        ['llm', 'alpha'],
      ],
    },
  );
  test('one at a time, by their ids where both could', async () => {
    expect(piecesOf(await two.stream()).join('')).toBe('Hello there, of zeta');
  });

  const branch = lab.chatflow(
    { start, llm, if: ifNode(X_IS_YES), yes: answerNode('yes {{#llm.text#}}'), no: answerNode('no') },
    {
      edges: [
        ['start', 'llm'],
        ['llm', 'if'],
        ['if', 'yes', 'true'],
        ['if', 'no', 'false'],
      ],
    },
  );
  test('behind a branch only when it is taken', async () => {
    const yes = storyOf(await branch.stream({ inputs: { x: 'yes' } }));
    inOrder(yes, 'node_finished llm', '"yes "');
    inOrder(yes, '"yes "', 'node_finished if');
    expect(piecesOf(await branch.stream({ inputs: { x: 'no' } }))).toEqual(['no']);
  });

  const assigner = (shown: string) =>
    lab.chatflow(
      { start, llm, assign: assignNode([C, 'over-write', 'constant', 'new']), answer: answerNode(shown) },
      CONVERSATION,
    );
  const written = assigner('shown: {{#conversation.c#}}');
  const unwritten = assigner('shown: {{#sys.query#}}');
  test('behind an assigner only when it writes what they show', async () => {
    const waits = await written.stream();
    inOrder(storyOf(waits), 'node_finished llm', '"shown: "');
    expect(piecesOf(waits).join('')).toBe('shown: new');
    inOrder(storyOf(await unwritten.stream()), '"shown: "', 'node_finished start');
  });

  const each = iterationNodes('each', ['list', 'items'], ['shout', 'output']);
  const container = lab.chatflow(
    {
      ...{ start, list, ...each, answer: answerNode('after') },
      shout: { ...templateNode('{{ item }}', { item: ['each', 'item'] }), parent: 'each' },
    },
    {
      edges: [
        ['start', 'list'],
        ['list', 'each'],
        ['eachstart', 'shout'],
        ['each', 'answer'],
      ],
    },
  );
  const answers = lab.chatflow({ start, one: answerNode('one '), llm, two: answerNode('two') });
  const plain = lab.chatflow({
    start,
    llm,
    list,
    http: httpNode(lab.page.url),
    text: templateNode('x'),
    answer: answerNode('now'),
  });
  test('behind containers and other answers when those are done, behind all else at once', async () => {
    inOrder(storyOf(await container.stream()), 'iteration_completed each', '"after"');
    inOrder(storyOf(await answers.stream()), 'node_started one', '"two"');
    inOrder(storyOf(await plain.stream()), '"now"', 'node_finished start');
  });
});

describe('12.5 pieces come before their node has finished', () => {
  const flow = lab.workflow({
    ...{ start, llm, text: templateNode('made') },
    end: endNode({ a: ['llm', 'text'], b: ['text', 'output'] }),
  });
  // Dify ends a model's pieces with an empty one. It says nothing, and is left out here.
  test('those of models, and single values', async () => {
    const story = storyOf(await flow.stream());
    expect(story.slice(story.indexOf('node_started llm'))).toEqual([
      ...['node_started llm', '"Hello"', '" there"', '"\\n"', 'node_finished llm'],
      ...['node_started text', '"made"', 'node_finished text', 'node_started end', 'node_finished end'],
      'workflow_finished',
    ]);
  });
});

describe('12.19 an answer is what was streamed, outputs are what nodes made', () => {
  const flow = lab.chatflow({ start, answer: answerNode('said {{#nobody.text#}} more') });
  const each = iterationNodes('each', ['list', 'items'], ['said', 'answer']);
  const rounds = lab.chatflow(
    {
      ...{ start, list, ...each, after: answerNode('after') },
      said: { ...answerNode('{{#each.item#}} '), parent: 'each' },
    },
    {
      edges: [
        ['start', 'list'],
        ['list', 'each'],
        ['eachstart', 'said'],
        ['each', 'after'],
      ],
    },
  );
  test('as with what rounds of an iteration say', async () => {
    const events = await rounds.stream();
    const streamed = piecesOf(events).join('');
    expect(streamed).toBe('a b after');
    expect(finishedIn(events).outputs).toMatchObject({ answer: 'after' });
    const stored = await messagesOf(lab.parley, rounds.id, events[0]?.conversation_id);
    expect(stored).toMatchObject([{ answer: streamed }]);
  });

  test('as with what is never there', async () => {
    const events = await flow.stream();
    expect(finishedIn(events).outputs).toMatchObject({ answer: 'said nobody.text more' });
    const streamed = piecesOf(events).join('');
    expect(streamed).toBe('said ');
    expect((await answered(sendChat(lab.parley, {}, flow.id))).answer).toBe(streamed);
    const stored = await messagesOf(lab.parley, flow.id, events[0]?.conversation_id);
    expect(stored).toMatchObject([{ answer: streamed }]);
  });
});
