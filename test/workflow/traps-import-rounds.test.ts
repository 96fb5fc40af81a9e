import { describe, expect, test } from 'vitest';
import { assignNode, condition, iterationNodes, loopNodes, openFactLab, returning } from './fact-lab.ts';
import { endNode, llmNode, startNode, type TestNode, templateNode } from './graph-app.ts';
import { dataOf, type Fields, finishedIn } from './workflow-turns.ts';

/** `facts/dify-dsl-engine.md` §12, rule 1: what the editor does to a file (§2.5, by its numbers), of containers and branches. */
const lab = await openFactLab();

const start = startNode('x');
const list = returning({ items: ['a', 'b', 'c'] }, { items: 'array[string]' });

describe('12.1 the normalisations of the browser are applied on import', () => {
  const shout = { ...templateNode('{{ item }}!', { item: ['each', 'item'] }), parent: 'each' };
  const { each, eachstart } = iterationNodes('each', ['list', 'items'], ['shout', 'output']) as Readonly<
    Record<string, TestNode>
  >;
  const end = endNode({ out: ['each', 'output'] });

  describe('1: containers without a start node begin with the node that they name', () => {
    const iteration = lab.workflow(
      {
        start,
        list,
        each: { ...each, type: 'iteration', start_node_id: 'shout' },
        shout: { ...shout, isIterationStart: true },
        end,
      },
      {
        edges: [
          ['start', 'list'],
          ['list', 'each'],
          ['each', 'end'],
        ],
      },
    );
    test('an iteration', async () => {
      expect(await iteration.outputs()).toEqual({ out: ['a!', 'b!', 'c!'] });
    });

    const nowhere = lab.workflow(
      { start, list, each: { ...each, type: 'iteration', start_node_id: undefined }, shout, end },
      {
        edges: [
          ['start', 'list'],
          ['list', 'each'],
          ['each', 'end'],
        ],
      },
    );
    test('one that names none, whose rounds are empty', async () => {
      expect(await nowhere.outputs()).toEqual({ out: [null, null, null] });
    });

    const { loop } = loopNodes('loop', 3, {
      loop_variables: [{ label: 'n', var_type: 'number', value_type: 'constant', value: '0' }],
      start_node_id: 'add',
    }) as Readonly<Record<string, TestNode>>;
    const looped = lab.workflow(
      {
        start,
        loop: loop as TestNode,
        add: { ...assignNode([['loop', 'n'], '+=', 'constant', 1]), parent: 'loop' },
        end: endNode({ n: ['loop', 'n'] }),
      },
      {
        edges: [
          ['start', 'loop'],
          ['loop', 'end'],
        ],
      },
    );
    test('a loop', async () => {
      expect(await looped.outputs()).toEqual({ n: 3 });
    });
  });

  test.each(
    [
      ['of one case', {}, { x: 'yes' }],
      [
        'whose cases stand beside it, which count',
        {
          cases: [
            { case_id: 'true', logical_operator: 'and', conditions: [condition(['start', 'x'], 'is', 'no')] },
          ],
        },
        {},
      ],
    ].map(
      ([what, cases, given]) =>
        [
          what as string,
          lab.workflow(
            {
              start,
              if: {
                type: 'if-else',
                logical_operator: 'and',
                conditions: [condition(['start', 'x'], 'is', 'yes')],
                ...(cases as Fields),
              },
              end: endNode({ x: ['start', 'x'] }),
            },
            {
              edges: [
                ['start', 'if'],
                ['if', 'end', 'true'],
              ],
            },
          ),
          given as Fields,
        ] as const,
    ),
  )('2: an old if-else %s', async (_, flow, expected) => {
    expect(await flow.outputs({ x: 'yes' })).toEqual(expected);
  });

  describe('3: an iteration is not parallel, ten at once if it is, and ends with what fails', () => {
    const nodes = (more: Fields, code: TestNode) => ({
      start,
      list,
      each: { ...each, type: 'iteration', ...more },
      eachstart: eachstart as TestNode,
      shout: code,
      end,
    });
    const edges = [
      ['start', 'list'],
      ['list', 'each'],
      ['eachstart', 'shout'],
      ['each', 'end'],
    ] as const;
    const failing: TestNode = {
      ...{
        type: 'code',
        code_language: 'javascript',
        parent: 'each',
        outputs: { output: { type: 'string' } },
      },
      code: 'function main({ x }) { if (x === "b") throw new Error("it is b"); return { output: x } }',
      variables: [{ variable: 'x', value_selector: ['each', 'item'] }],
    };
    const nothing = { is_parallel: null, parallel_nums: null, error_handle_mode: null };
    const empty = { is_parallel: '', parallel_nums: 0, error_handle_mode: '' };
    const cases = [{}, nothing, empty].map(
      (more) => [more, lab.workflow(nodes(more, failing), { edges })] as const,
    );
    test.each(cases)('%j', async (_, flow) => {
      const events = await flow.stream();
      expect(finishedIn(events)).toMatchObject({
        status: 'failed',
        error: expect.stringContaining('it is b'),
      });
      // One after the other: the third has not begun.
      expect(dataOf(events, 'iteration_next').map(({ index }) => index)).toEqual([0, 1]);
    });

    const asking: TestNode = { ...llmNode('x'), parent: 'each' };
    const parallel = lab.workflow(
      nodes({ is_parallel: true, parallel_nums: 0, output_selector: ['shout', 'text'] }, asking),
      { edges },
    );
    test('all three at once', async () => {
      const known = lab.provider.requests.length;
      lab.provider.reply({ tokens: ['t'], hold: true });
      const answer = parallel.outputs();
      const asked = [];
      while (asked.length < 3)
        asked.push(
          await lab.provider.nextRequest((request) => lab.provider.requests.indexOf(request) >= known),
        );
      for (const request of asked) request.release();
      expect(await answer).toEqual({ out: ['t', 't', 't'] });
    });
  });

  test.each(
    [{ error_handle_mode: null }, { error_handle_mode: '' }, {}].map(
      (more) =>
        [
          more,
          lab.workflow(
            {
              start,
              ...loopNodes('loop', 2, more),
              bad: { ...llmNode('{{#nobody.x#}}'), parent: 'loop' },
              end: endNode({}),
            },
            {
              edges: [
                ['start', 'loop'],
                ['loopstart', 'bad'],
                ['loop', 'end'],
              ],
            },
          ),
        ] as const,
    ),
  )('4: a loop ends with what fails: %j', async (_, flow) => {
    expect(await flow.error()).toBe('Variable #nobody.x# not found');
  });
});
