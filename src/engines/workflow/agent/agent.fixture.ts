import type { ToolCall } from '../../../models/chat-model.ts';
import type { Tool } from '../../../tools/tool.ts';
import {
  type FakeModels,
  type Run,
  type RunOptions,
  runNode,
  type Script,
} from '../model/fake-models.fixture.ts';
import { withTools } from '../tools/tools.fixture.ts';
import type { Value, ValueRecord } from '../values/value.ts';

export const constant = (value: unknown) => ({ type: 'constant', value: value as Value });

/** A tool of the provider `kit`, as `agent_parameters.tools` has it. */
export function entry(name: string, more: object = {}): ValueRecord {
  return {
    ...{ enabled: true, type: 'builtin', provider_name: 'kit', tool_name: name, tool_label: name },
    ...{ settings: {}, parameters: {}, schemas: [], extra: { description: '' } },
    ...more,
  } as ValueRecord;
}

export interface AgentOptions extends RunOptions {
  readonly strategy?: string;
  readonly parameters?: object;
  /** Beside `agent_parameters`. */
  readonly data?: object;
  readonly tools?: readonly Tool[];
  /** In the file; default: every one of `tools`, with nothing set. */
  readonly entries?: readonly ValueRecord[];
}

export interface AgentRun extends Run {
  /** Of the agent's log, as they were told. */
  readonly log: readonly ValueRecord[];
  /** The same in short: `ROUND 1 start`. */
  readonly lines: readonly string[];
}

/** Runs an agent node; an answer behind it shows its text. */
export async function runAgentNode(
  fake: FakeModels,
  { strategy = 'function_calling', parameters, data, tools = [], entries, ...options }: AgentOptions = {},
): Promise<AgentRun> {
  const agentParameters = {
    model: constant({
      ...{ provider: 'langgenius/openai/openai', model: 'gpt-4o', mode: 'chat', model_type: 'llm' },
      ...{ completion_params: {}, type: 'model-selector' },
    }),
    tools: constant(entries ?? tools.map(({ name }) => entry(name))),
    instruction: constant('Be exact.'),
    query: constant('What is it?'),
    maximum_iterations: constant(3),
    ...parameters,
  };
  const node = {
    agent_strategy_provider_name: 'langgenius/agent/agent',
    agent_strategy_name: strategy,
    agent_strategy_label: strategy,
    plugin_unique_identifier: 'langgenius/agent:1',
    output_schema: null,
    tool_node_version: '2',
    agent_parameters: agentParameters,
    ...data,
  };
  const answer = {
    id: 'answer',
    type: 'custom',
    data: { type: 'answer', title: 'A', answer: '{{#x.text#}}' },
  };
  const run = await runNode('agent', node, fake, {
    more: { nodes: [answer], edges: ['x -> answer'] },
    ...options,
    services: { ...withTools(...tools), ...options.services },
  });
  const log = run.events.flatMap((event) =>
    event.kind === 'node_reported' && event.report.kind === 'agent_log' ? [event.report.entry] : [],
  );
  return { ...run, log, lines: log.map(({ label, status }) => `${label} ${status}`) };
}

/** What a tool does that always answers the same. */
export function say(text: string): Tool['invoke'] {
  return async () => [{ kind: 'text', text }];
}

let calls = 0;

/** A round in which the model calls tools, after it has said something. */
export function calling(
  named: Readonly<Record<string, unknown>> | readonly (readonly [string, unknown])[],
  ...says: readonly string[]
): Script {
  const list = Array.isArray(named) ? named : Object.entries(named);
  const toolCalls = list.map(([name, args]): ToolCall => {
    calls += 1;
    return { id: `call_${calls}`, name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
  });
  return { says, result: { toolCalls, finishReason: 'tool_calls' } };
}

/** A round of a ReAct model with an action. */
export function acting(action: string, input: unknown, thought = 'I look.'): Script {
  const json = JSON.stringify({ action, action_input: input });
  return { says: [`Thought: ${thought}\n`, `Action:\n\`\`\`\n${json}\n\`\`\``] };
}
