import { describe, expect, test } from 'vitest';
import type { Round, WorkflowEvent } from '../events.ts';
import type { RunState } from '../scheduler/run-state.ts';
import { edges, fakeKind, node, play, readOrThrow, written } from '../workflow.fixture.ts';
import { HeldChunks, type Said } from './held-chunks.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Each round says its item in three pieces, the first one the slowest. */
const speak = fakeKind('speak', async (_, { pool, emit, attempt }) => {
  const item = String(pool.get(['each', 'item'])?.value);
  const index = pool.get(['each', 'index'])?.value as number;
  for (let piece = 0; piece < 3; piece += 1) {
    for (let at = 0; at < 4 - index; at += 1) await turn();
    emit('text', `${item}${piece}`);
    if (item === 'bad' && piece === 1) throw new Error('cut off');
    if (item === 'moody' && piece === 1 && attempt === 0) throw new Error('once');
  }
  return { outputs: { text: item } };
});

function graphOf(data: object, retry = {}) {
  return readOrThrow(
    [
      node('start', 'start', { variables: [{ variable: 'v' }] }),
      node('each', 'iteration', {
        iterator_selector: ['start', 'v'],
        output_selector: ['m', 'text'],
        start_node_id: 's',
        is_parallel: true,
        ...data,
      }),
      node('s', 'iteration-start', {}, 'each'),
      node('m', 'speak', retry, 'each'),
      node('say', 'answer', { answer: '<{{#m.text#}}>' }, 'each'),
    ],
    edges('start -> each', 's -> m -> say'),
    { kinds: [speak] },
  );
}

/** What a client reads at the end. */
function textOf(events: readonly WorkflowEvent[], before = ''): string {
  let text = before;
  for (const event of events) {
    if (event.kind === 'text_chunk') text += event.text;
    if (event.kind === 'text_withdrawn') text = text.slice(0, -event.length);
  }
  return text;
}

describe('answers of rounds that run side by side', () => {
  test('come round by round, in the order in which they end', async () => {
    const { events } = await play(graphOf({}), { inputs: { v: ['a', 'b', 'c'] } });
    expect(textOf(events)).toBe('<c0c1c2><b0b1b2><a0a1a2>');
  });

  test.each([{ is_parallel: false }, { parallel_nums: 1 }])(
    'of one after the other come at once: %j',
    async (data) => {
      const { events, story } = await play(graphOf(data), { inputs: { v: ['a', 'b'] } });
      expect(textOf(events)).toBe('<a0a1a2><b0b1b2>');
      expect(story.indexOf('"a0"')).toBeLessThan(story.indexOf('finish m'));
    },
  );

  test('what a round takes back is never told', async () => {
    const retry_config = { retry_enabled: true, max_retries: 1, retry_interval: 0 };
    const { events } = await play(graphOf({}, { retry_config }), { inputs: { v: ['moody', 'b'] } });
    expect(events.some(({ kind }) => kind === 'text_withdrawn')).toBe(false);
    expect(textOf(events)).toBe('<b0b1b2><moody0moody1moody2>');
  });

  test.each(['terminated', 'continue-on-error', 'remove-abnormal-output'])(
    'what a round said that failed is told, too: %s',
    async (error_handle_mode) => {
      const { events } = await play(graphOf({ error_handle_mode }), { inputs: { v: ['a', 'bad'] } });
      expect(textOf(events)).toBe(error_handle_mode === 'terminated' ? '<bad0bad1' : '<bad0bad1<a0a1a2>');
    },
  );

  test('a run that goes on says nothing twice, and leaves nothing out', async () => {
    const states: { readonly state: RunState; readonly told: string }[] = [];
    const events: WorkflowEvent[] = [];
    const inputs = { v: ['a', 'b', 'c'] };
    await play(graphOf({}), {
      inputs,
      onEvent(event, run) {
        events.push(event);
        if (event.kind === 'node_finished')
          states.push({ state: written(run.snapshot()), told: textOf(events) });
      },
    });
    expect(states.some(({ state }) => JSON.stringify(state).includes('"text_chunk"'))).toBe(true);
    for (const { state, told } of states) {
      const rest = await play(graphOf({}), { inputs, state });
      const text = textOf(rest.events, told);
      expect(text.match(/<.*?>/g)?.toSorted()).toEqual(['<a0a1a2>', '<b0b1b2>', '<c0c1c2>']);
      expect(text).toHaveLength(24);
    }
  });
});

test('a round takes back only what it has said itself', () => {
  const told: Said[] = [];
  const round = (index: number, outer: Round | null): Round => ({
    ...{ containerId: 'c', containerType: 'loop', index, outer },
  });
  const rest = { selector: ['m', 'text'], nodeId: 'm', executionId: 'x' };
  const outer = round(0, null);
  const inner = () => round(1, structuredClone(outer));
  const held = new HeldChunks((said) => told.push(said));
  held.add({ kind: 'text_chunk', text: 'ab', round: inner(), ...rest });
  held.add({ kind: 'text_chunk', text: 'outer', round: outer, ...rest });
  held.add({ kind: 'text_chunk', text: 'cd', round: inner(), ...rest });
  held.add({ kind: 'text_withdrawn', length: 3, round: inner(), ...rest });
  held.release();
  held.release();
  expect(told.map((said) => said.kind === 'text_chunk' && said.text)).toEqual(['a', 'outer']);
});
