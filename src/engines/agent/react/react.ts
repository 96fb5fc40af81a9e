import { isRecord } from '../../../config/is-record.ts';
import type { ChatMessage, ChatRequest } from '../../../models/chat-model.ts';
import { countTokens } from '../../../models/count-tokens.ts';
import type { Thought, ToolUse } from '../../../runs/thought.ts';
import { Thinking } from '../../answer/thinking.ts';
import { buildPrompt } from '../../prompt/build-prompt.ts';
import {
  type AgentEnd,
  type AgentTurn,
  act,
  askModel,
  newThought,
  tooManyIterations,
  withoutFiles,
} from '../agent-turn.ts';
import { usesOf } from '../call-tools.ts';
import type { OfferedTool } from '../offered-tools.ts';
import { reactPrompt, STOP_WORD, scratchpad } from './react-prompt.ts';
import { type ReactAction, ReactReader } from './react-reader.ts';

const SIGN_OF_LIFE_MS = 1_000;

/**
 * The model writes what it wants done, until it writes a final answer (`facts/dify-dsl-engine.md` §8.5); for models that
 * cannot be given functions. Its thoughts are asides; a round without any action is the answer.
 *
 * @throws ParleyError after too many rounds, and what the model throws
 */
export async function react(turn: AgentTurn): Promise<AgentEnd> {
  const { parts, task, model, maxIterations, offered, writer } = turn;
  const { agent } = task.app.config;
  const tools = [...offered.values()].map(({ spec }) => spec);
  const thoughts: Thought[] = [...(task.resumed?.thoughts ?? [])];
  const frame = reactPrompt(agent?.prompt ?? null, tools);
  const reserved = countTokens(scratchpad(thoughts));
  const prompt = await buildPrompt(parts, task, model, { reserved, frame });

  for (let round = thoughts.length + 1; ; round++) {
    const thought = newThought(round);
    let shown = false;
    const show = () => {
      if (!shown) task.emit({ kind: 'thought', thought });
      shown = true;
    };
    let said = '';
    const reader = new ReactReader((text) => writer.aside(text));
    const thinking = new Thinking();
    const signOfLife = setTimeout(show, SIGN_OF_LIFE_MS);
    const result = await askModel(
      turn,
      withWork(turn, prompt, thoughts),
      (delta) => {
        show();
        said += delta.text;
        if (delta.kind === 'reasoning') writer.aside(thinking.reasoning(delta.text));
        else {
          writer.aside(thinking.end());
          reader.add(delta.text);
        }
      },
      () => said,
    ).finally(() => clearTimeout(signOfLife));
    writer.aside(thinking.end());
    reader.end();
    show();
    const { action } = reader;
    const text = reader.thought.trim();
    if (result === null || action === null) {
      writer.keep(text);
      task.emit({ kind: 'thought', thought: { ...thought, text } });
      return 'answered';
    }
    if (isFinal(action)) {
      const answer = typeof action.input === 'string' ? action.input : JSON.stringify(action.input);
      writer.add({ kind: 'text', text: answer });
      task.emit({ kind: 'thought', thought: { ...thought, text: answer } });
      return 'answered';
    }
    const uses = usesOf([callOf(action, round, offered.get(action.name))], offered);
    if (round > maxIterations) {
      task.emit({ kind: 'thought', thought: { ...thought, text, uses } });
      throw tooManyIterations(maxIterations);
    }
    const acted = await act(turn, { ...thought, text }, uses);
    if (acted.waits) return 'paused';
    thoughts.push(acted.thought);
  }
}

/** The prompt with the rounds so far, and the stop word where the provider takes it. */
function withWork(turn: AgentTurn, prompt: ChatRequest, thoughts: readonly Thought[]): ChatRequest {
  const { provider, mode } = turn.task.app.config.model;
  // `facts/dify-dsl-engine.md` §8.5
  const stops = provider.split('/').at(-1) === 'wenxin' ? [] : [STOP_WORD];
  const stop = [...(prompt.stop ?? []), ...stops].slice(0, 4);
  const stopped = { ...prompt, ...(stop.length > 0 ? { stop } : {}) };
  if (thoughts.length === 0) return stopped;
  const work = scratchpad(thoughts);
  const messages = withoutFiles(prompt.messages);
  if (mode === 'completion') return { ...stopped, messages: continued(messages, work) };
  return {
    ...stopped,
    messages: [...messages, { role: 'assistant', content: work }, { role: 'user', content: 'continue' }],
  };
}

/** A model that continues a text finds its own work at the end of it. */
function continued(messages: readonly ChatMessage[], work: string): ChatMessage[] {
  const [only] = messages;
  return only?.role === 'user'
    ? [{ role: 'user', content: `${only.content}${work}Thought: ` }]
    : [...messages];
}

function isFinal({ name }: ReactAction): boolean {
  return name.trim().toLowerCase() === 'final answer';
}

/** An input that is no object is that of a tool with a single parameter. */
function callOf(
  { name, input }: ReactAction,
  round: number,
  tool: OfferedTool | undefined,
): Pick<ToolUse, 'id' | 'name' | 'arguments'> {
  return { id: `react_${round}`, name, arguments: JSON.stringify(argumentsOf(input, tool)) };
}

function argumentsOf(input: unknown, tool: OfferedTool | undefined): unknown {
  if (isRecord(input)) return input;
  if (typeof input === 'string') {
    try {
      const value: unknown = JSON.parse(input);
      if (isRecord(value)) return value;
    } catch {
      // A plain text.
    }
  }
  const properties = tool?.spec.parameters.properties;
  const names = isRecord(properties) ? Object.keys(properties) : [];
  const [name] = names;
  return names.length === 1 && name !== undefined ? { [name]: input } : input;
}
