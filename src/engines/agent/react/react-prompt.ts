import type { ToolSpec } from '../../../models/chat-model.ts';
import type { Thought } from '../../../runs/thought.ts';
import { outputOf } from '../../prompt/thought-messages.ts';

/** The word that a model must not go on with: results are the server's to write. */
export const STOP_WORD = 'Observation';

const TEMPLATE = `{{instruction}}

You can use these tools, described as JSON:

{{tools}}

To use one, write one JSON object in a fenced code block, with the keys "action" (one of: {{tool_names}}) and "action_input" (the arguments, an object), and then stop:

\`\`\`
{"action": "NAME", "action_input": {"ARGUMENT": "VALUE"}}
\`\`\`

Work in these steps, as often as you need:

Question: what you are asked
Thought: what you know, and what to do next
Action: the JSON object, in its code block
Observation: the result, which you are given; never write it yourself

When you know the answer, give it in the same form, with "Final Answer" as the action:

\`\`\`
{"action": "Final Answer", "action_input": "what you want to say to the user"}
\`\`\`

Write exactly one action each time. Answer in the language of the question.`;

/** Places in the text that a model of mode `completion` continues. */
export interface ReactText {
  readonly instruction: string;
  readonly historic_messages: string;
  readonly query: string;
  readonly agent_scratchpad: string;
}

export interface ReactPrompt {
  /** The system prompt. */
  frame(instruction: string): string;
  /** The whole text that a model of mode `completion` continues; null: the template has no place for the query. */
  readonly text: ((values: ReactText) => string) | null;
}

/** What a ReAct agent is told (`facts/dify-dsl-engine.md` §8.5), by the app's own template where it has one. */
export function reactPrompt(template: string | null, tools: readonly ToolSpec[]): ReactPrompt {
  const own = { tools: JSON.stringify(tools), tool_names: tools.map(({ name }) => name).join(', ') };
  const fill = (given: Partial<ReactText>) => {
    const values: Readonly<Record<string, string>> = { ...own, ...given };
    return (template ?? TEMPLATE).replace(PLACE, (_, name: string) => values[name] ?? '').trim();
  };
  return {
    frame: (instruction) => fill({ instruction }),
    text: template?.includes('{{query}}')
      ? ({ agent_scratchpad, ...values }) =>
          template.includes('{{agent_scratchpad}}')
            ? fill({ ...values, agent_scratchpad })
            : `${fill(values)}\n\n${agent_scratchpad}`
      : null,
  };
}

const PLACE = /\{\{(instruction|tools|tool_names|historic_messages|query|agent_scratchpad)\}\}/g;

/** Rounds of this turn as the model wrote them, with their results. */
export function scratchpad(thoughts: readonly Thought[]): string {
  return thoughts
    .map(({ text, uses }) => {
      const [use] = uses;
      if (!use) return `Thought: ${text}\n\n`;
      const action = JSON.stringify({ action: use.name, action_input: parsed(use.arguments) });
      return `Thought: ${text}\n\nAction: ${action}\n\n${STOP_WORD}: ${outputOf(use)}\n\n`;
    })
    .join('');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
