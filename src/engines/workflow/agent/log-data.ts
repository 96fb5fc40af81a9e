import type { Thought, ToolUse } from '../../../runs/thought.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { AgentStrategy } from './agent-strategy.ts';

/** What the lines of an agent's log hold, by the keys that Dify's own strategies use. */
export interface LogData {
  ofModel(thought: Thought): ValueRecord;
  ofCall(use: ToolUse): ValueRecord;
  ofRound(thought: Thought): ValueRecord;
}

const functionCall: LogData = {
  ofModel: ({ text, uses }) => ({
    output: text,
    tool_name: uses.map(({ name }) => name).join(';'),
    tool_input: uses.map((use) => ({ name: use.name, args: argumentsOf(use) })),
  }),
  ofCall: (use) => ({ output: responseOf(use) }),
  ofRound: ({ text, uses }) => ({ output: { llm_response: text, tool_responses: uses.map(responseOf) } }),
};

function responseOf(use: ToolUse): ValueRecord {
  return {
    tool_call_id: use.id,
    tool_call_name: use.name,
    tool_call_input: argumentsOf(use),
    tool_response: use.output,
  };
}

const react: LogData = {
  ofModel: ({ text, uses: [use] }) => ({
    thought: text,
    ...(use && { action: use.name, action_input: argumentsOf(use) }),
  }),
  ofCall: (use) => ({ tool_name: use.name, tool_call_args: argumentsOf(use), output: use.output }),
  ofRound: ({ text, uses: [use] }) => ({
    action_name: use?.name ?? '',
    action_input: use === undefined ? '' : argumentsOf(use),
    thought: text,
    observation: use?.output ?? '',
  }),
};

export const logData: Readonly<Record<AgentStrategy, LogData>> = { function_call: functionCall, react };

/** As the model wrote them, where they are no JSON. */
function argumentsOf({ arguments: written }: ToolUse): Value {
  try {
    return JSON.parse(written) as Value;
  } catch {
    return written;
  }
}
