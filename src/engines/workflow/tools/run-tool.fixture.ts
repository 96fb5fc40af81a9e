import type { Tool } from '../../../tools/tool.ts';
import type { WorkflowEvent } from '../events.ts';
import type { ValueRecord } from '../values/value.ts';
import { edges, node, type PlayOptions, play, readOrThrow } from '../workflow.fixture.ts';
import { fakeTool, withTools } from './tools.fixture.ts';

/** Of a node that has the tool `do`. */
export const named = { provider_id: 'kit', provider_type: 'builtin', provider_name: 'kit', tool_name: 'do' };
const vars: NonNullable<PlayOptions['variables']> = [
  [
    'n',
    [
      ['word', { value: 'it is "so"' }],
      ['seven', { value: 7 }],
      ['list', { value: ['a', 1] }],
      ['none', { value: null }],
      ['text', { value: '' }],
    ],
  ],
];

/** Runs one tool node, with variables of a node `n`; an answer behind it shows its text. */
export async function runTool(data: ValueRecord, tool: Tool | Tool['invoke'], more: PlayOptions = {}) {
  const graph = readOrThrow(
    [
      node('start', 'start'),
      node('tool', 'tool', { ...named, ...data }),
      node('answer', 'answer', { answer: '{{#tool.text#}}' }),
    ],
    edges('start -> tool -> answer'),
  );
  const services = withTools(typeof tool === 'function' ? fakeTool('do', tool) : tool);
  const played = await play(graph, {
    variables: vars,
    ...more,
    services: { ...services, ...more.services },
  });
  return { ...played, finished: finishedOf(played.events) };
}

function finishedOf(events: readonly WorkflowEvent[]) {
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'tool');
  return finished?.kind === 'node_finished' ? finished : null;
}
