import { isRecord } from '../../../config/is-record.ts';
import type { ChatMessage, ChatRequest } from '../../../models/chat-model.ts';
import { countTokens } from '../../../models/count-tokens.ts';
import { ReasoningSplitter, type SplitPiece } from '../../../runs/reasoning.ts';
import type { Thought, ToolUse } from '../../../runs/thought.ts';
import { Thinking } from '../../answer/thinking.ts';
import { type AgentEnd, type AgentTurn, act, askModel, beginThought, withoutFiles } from '../agent-turn.ts';
import { usesOf } from '../call-tools.ts';
import { MaxIterationsError } from '../max-iterations-error.ts';
import type { OfferedTool } from '../offered-tools.ts';
import { type ReactPrompt, reactPrompt, STOP_WORD, scratchpad } from './react-prompt.ts';
import { ReactReader } from './react-reader.ts';
import type { ReactAction } from './read-action.ts';

/** `facts/dify-dsl-engine.md` §2.3. */
const MAX_STOPS = 4;

/**
 * The model writes what it wants done, until it writes a final answer (`facts/dify-dsl-engine.md` §8.5); for models that
 * cannot be given functions. Its thoughts are asides; a round without any action is the answer.
 *
 * @throws ParleyError after too many rounds, and what the model throws
 */
export async function react(turn: AgentTurn): Promise<AgentEnd> {
  const { maxIterations, offered, writer } = turn;
  const tools = [...offered.values()].map(({ spec }) => spec);
  const thoughts: Thought[] = [...turn.earlier];
  const prompt = reactPrompt(turn.template, tools);

  for (let round = thoughts.length + 1; ; round++) {
    const request = await requestFor(turn, prompt, scratchpad(thoughts));
    let said = '';
    const reader = new ReactReader((text) => writer.aside(text));
    const thinking = new Thinking();
    // Of models that write it into their text: it is no thought of the agent's, and what it weighs no action.
    const splitter = new ReasoningSplitter();
    const hear = ({ text, reasoning }: SplitPiece) => {
      if (reasoning !== '') writer.aside(thinking.reasoning(reasoning));
      if (text === '') return;
      writer.aside(thinking.end());
      reader.add(text);
    };
    const { thought, show, ended } = beginThought(turn, round);
    const result = await askModel(
      turn,
      request,
      ({ kind, text }) => {
        show();
        said += text;
        hear(kind === 'reasoning' ? { text: '', reasoning: text } : splitter.add(text));
      },
      () => said,
    ).finally(ended);
    hear(splitter.end());
    writer.aside(thinking.end());
    reader.end();
    show();
    const { action } = reader;
    const text = reader.thought.trim();
    if (result === null || action === null) {
      writer.keep(text);
      turn.think({ ...thought, text });
      return 'answered';
    }
    if (isFinal(action)) {
      const answer = typeof action.input === 'string' ? action.input : JSON.stringify(action.input);
      writer.add({ kind: 'text', text: answer });
      turn.think({ ...thought, text: answer });
      return 'answered';
    }
    const uses = usesOf([callOf(action, round, offered.get(action.name))], offered);
    if (round > maxIterations) {
      turn.think({ ...thought, text, uses });
      throw new MaxIterationsError(maxIterations);
    }
    const acted = await act(turn, { ...thought, text }, uses);
    if (acted.waits) return 'paused';
    thoughts.push(acted.thought);
  }
}

/** The prompt with the work so far, and the stop word where the provider takes it. */
async function requestFor(turn: AgentTurn, { frame, text }: ReactPrompt, work: string): Promise<ChatRequest> {
  const { provider, mode } = turn.ref;
  const inPlace = mode === 'completion' ? text : null;
  const prompt = await turn.prompt({
    frame,
    ...(inPlace
      ? { continued: (values) => inPlace({ ...values, agent_scratchpad: work }) }
      : { reserved: work === '' ? 0 : countTokens(work) }),
  });
  // `facts/dify-dsl-engine.md` §8.5
  const stops = provider.split('/').at(-1) === 'wenxin' ? [] : [STOP_WORD];
  // No more than providers take; without this one the model would go on with a result of its own.
  const stop = [...stops, ...(prompt.stop ?? [])].slice(0, MAX_STOPS);
  const stopped = { ...prompt, ...(stop.length > 0 ? { stop } : {}) };
  if (work === '') return stopped;
  const messages = withoutFiles(prompt.messages);
  if (inPlace) return { ...stopped, messages };
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

/** An input that is no object is that of a tool with a single parameter; none at all is that of a tool without any. */
function callOf(
  { name, input }: ReactAction,
  round: number,
  tool: OfferedTool | undefined,
): Pick<ToolUse, 'id' | 'name' | 'arguments'> {
  return { id: `react_${round}`, name, arguments: argumentsOf(input, tool) };
}

function argumentsOf(input: unknown, tool: OfferedTool | undefined): string {
  if (isRecord(input)) return JSON.stringify(input);
  if (typeof input === 'string' && isObject(input)) return input;
  const properties = tool?.spec.parameters.properties;
  const names = isRecord(properties) ? Object.keys(properties) : [];
  const [name] = names;
  if (names.length === 1 && name !== undefined && input !== null) return JSON.stringify({ [name]: input });
  const nothing = input === null || (typeof input === 'string' && input.trim() === '');
  return nothing ? '{}' : JSON.stringify(input);
}

/** Models write an object as a text too. */
function isObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}
