import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { growthOf } from '../support/tools/growth-of.ts';
import { endNode, graphApp, startNode, templateNode } from '../workflow/graph-app.ts';
import { lines } from '../workflow/stop-support.ts';
import { runWorkflow, sendWorkflow } from '../workflow/workflow-turns.ts';

/** About as much work as a template may take, and no more. */
const HEAVY =
  '{% for i in range(300) %}{% for j in range(1000) %}{% set x = i %}{% endfor %}{% endfor %}done';
const HEAVY_NODES = 20;

/** Templates that would take for ever, or more memory than there is. */
const BOMBS: Readonly<Record<string, string>> = {
  'loops in loops':
    '{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}',
  'a long loop of text': '{% for a in range(99999) %}{{ "x" * 1000 }}{% endfor %}',
  'a text times a billion': "{{ 'x' * 10**9 }}",
  'a list times a billion': '{{ [1] * 10**9 }}',
  'a list of a billion': '{{ range(10**12)|list|length }}',
  'a power of a power': '{{ 9**9**9**9 }}',
  'a number of many digits': '{{ (2**100000)**100000 }}',
  'a text that doubles':
    "{% set n = namespace(x='x') %}{% for i in range(100) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
  'a list that doubles':
    '{% set n = namespace(x=[1]) %}{% for i in range(100) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}',
  'a list within itself':
    '{% set l = [1] %}{% set n = namespace(x=l) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}',
  'what is replaced by more': "{{ ('a' * 100000)|replace('a', 'b' * 10000) }}",
  'a wide field': "{{ '%0999999999d' % 1 }}",
  'a wide field of a format': "{{ '{:>999999999}'.format(1) }}",
  'a centred text': "{{ 'x'|center(10**9) }}",
  'an indented text': "{{ 'x\\ny'|indent(10**9) }}",
  'a macro that calls itself': '{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}',
  'macros that call two of themselves':
    '{% macro m(n) %}{% if n < 60 %}{{ m(n + 1) }}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(0) }}',
  'a recursive loop': '{% for i in [[]] recursive %}{{ loop([i]) }}{% endfor %}',
  'lists that are multiplied': '{% set l = range(99999)|list %}{{ l|map("string")|join(l|join) }}',
  'a sum of lists': '{{ ([[1] * 10000] * 10000)|sum(start=[]) }}',
  'brackets in brackets': `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
  'conditions in conditions': `${'{% if 1 %}'.repeat(50_000)}${'{% endif %}'.repeat(50_000)}`,
  'filters without end': `{{ 'x'${"|replace('x', 'xx')".repeat(100)} }}`,
  'brackets that do not close': `{{ ${'['.repeat(200_000)}`,
  'signs that do not end': '{{'.repeat(200_000),
};

let parley: TestParley;

const object = startNode({ variable: 'o', type: 'json_object' });

const apps: Readonly<Record<string, string>> = {
  heavy: graphApp('workflow', {
    start: startNode(),
    ...Object.fromEntries(Array.from({ length: HEAVY_NODES }, (_, n) => [`t${n}`, templateNode(HEAVY)])),
    end: endNode({}),
  }),
  heavy_rounds: graphApp(
    'workflow',
    {
      ...{
        start: object,
        each: {
          ...{ type: 'iteration', iterator_selector: ['start', 'o', 'items'], start_node_id: 'es' },
          ...{ output_selector: ['in', 'output'], is_parallel: true, parallel_nums: 5 },
        },
      },
      ...{
        es: { type: 'iteration-start', parent: 'each' },
        in: { ...templateNode(HEAVY), parent: 'each' },
        end: endNode({}),
      },
    },
    { edges: lines('start -> each -> end', 'es -> in') },
  ),
  ...Object.fromEntries(
    Object.values(BOMBS).map((bomb, n) => [
      `bomb${n}`,
      graphApp('workflow', { start: object, t: templateNode(bomb), end: endNode({ x: ['t', 'output'] }) }),
    ]),
  ),
};

beforeAll(async () => {
  parley = await startParley({ apps });
});
afterAll(() => parley.close());

/** How many requests, one after the other, others have had answered while something went on. */
async function answeredDuring(work: () => Promise<unknown>): Promise<number> {
  let over = false;
  const working = work().finally(() => {
    over = true;
  });
  let answered = 0;
  while (!over) {
    expect((await fetch(`${parley.url}/health`)).status).toBe(200);
    answered++;
  }
  await working;
  return answered;
}

describe('others go on', () => {
  test('while one template after the other takes all that it may', async () => {
    const answered = await answeredDuring(async () => {
      expect((await runWorkflow(parley, {}, 'heavy')).data).toMatchObject({ status: 'succeeded' });
    });
    expect(answered).toBeGreaterThan(HEAVY_NODES / 2);
  });

  test('while they do so in rounds at once', async () => {
    const items = Array.from({ length: HEAVY_NODES }, (_, n) => n);
    const answered = await answeredDuring(async () => {
      expect((await runWorkflow(parley, { inputs: { o: { items } } }, 'heavy_rounds')).data).toMatchObject({
        status: 'succeeded',
      });
    });
    expect(answered).toBeGreaterThan(HEAVY_NODES / 2);
  });
});

test.each(Object.keys(BOMBS).map((name, n) => [name, `bomb${n}`]))(
  'a template of %s comes to an end',
  async (_, app) => {
    let outcome: unknown;
    const grown = await growthOf(async () => {
      const response = await sendWorkflow(parley, { inputs: { o: { items: [] } } }, app);
      outcome = [response.status, await response.json()];
    });
    const [status, { data }] = outcome as [
      number,
      { data: { error: string | null; outputs: { x?: string } } },
    ];
    expect(status).toBe(200);
    // A width that no text can have is no width.
    if (data.error === null) expect(data.outputs.x?.length).toBeLessThan(2_000);
    expect(grown).toBeLessThan(200);
  },
);
