import type { ChatDelta, ChatModel } from '../../models/chat-model.ts';
import { withoutReasoning } from '../../runs/reasoning.ts';
import type { TurnUsage } from '../answer/turn-usage.ts';

const PROMPT =
  'Summarize the text below in the language it is written in. Keep facts, names and numbers, and leave out what is ' +
  'navigation or advertising. Answer with the summary alone.\n\nText:\n';
/** As much of a text as is summarized. */
const MAX_SUMMARIZED = 100_000;

/** Lets an agent's own model shorten a text, for a tool of its. @throws ParleyError; `signal.reason` on abort */
export async function summarize(
  model: ChatModel,
  usage: Pick<TurnUsage, 'spent'>,
  text: string,
  signal: AbortSignal,
): Promise<string> {
  const content = PROMPT + text.slice(0, MAX_SUMMARIZED);
  let summary = '';
  const onDelta = (delta: ChatDelta) => {
    if (delta.kind === 'text') summary += delta.text;
  };
  const request = { messages: [{ role: 'user' as const, content }], params: {} };
  const result = await model.chat(request, onDelta, { signal });
  usage.spent(request, summary, result.usage);
  return withoutReasoning(summary);
}
