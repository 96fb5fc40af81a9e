import type { App } from '../../apps/app.ts';
import type { ChatModel } from '../../models/chat-model.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import { withoutReasoning } from '../../runs/reasoning.ts';
import { type Thought, withThought } from '../../runs/thought.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { AnswerWriter } from '../answer/answer-writer.ts';
import { moderateInput } from '../answer/moderation.ts';
import { TurnUsage } from '../answer/turn-usage.ts';
import type { EngineParts } from '../engine-parts.ts';
import { Memory } from '../prompt/memory.ts';
import type { AgentTurn } from './agent-turn.ts';
import { functionCall } from './function-call.ts';
import { checkTools, offeredTools } from './offered-tools.ts';
import { react } from './react/react.ts';

const SIGN_OF_LIFE_MS = 1_000;

const SUMMARY_PROMPT =
  'Summarize the text below in the language it is written in. Keep facts, names and numbers, and leave out what is ' +
  'navigation or advertising. Answer with the summary alone.\n\nText:\n';
/** As much of a text as is summarized. */
const MAX_SUMMARIZED = 100_000;

/** Agent apps: a model that works with tools until it can answer (`facts/dify-dsl-engine.md` §8.4, §8.5). */
export function agentEngine(parts: EngineParts): Engine {
  const modelOf = (app: App) => parts.models.chat(app.config.model);
  return {
    check(app) {
      modelOf(app);
      if (app.config.moderation?.source.kind === 'openai_moderation') parts.models.moderation();
      checkTools(parts.tools, app);
    },
    async execute(task) {
      const { app, query, inputs, signal, callerExecutes } = task;
      const checked = await moderateInput(parts.models, app, { query, inputs }, { signal });
      if ('refused' in checked) {
        task.emit({ kind: 'text', text: checked.refused });
        return;
      }
      // Servers of tools may not answer, and without an event a client has no task id to stop that with.
      const signOfLife = setTimeout(() => task.emit({ kind: 'text', text: '' }), SIGN_OF_LIFE_MS);
      const offered = await offeredTools(parts.tools, app, { callerExecutes, signal }).finally(() =>
        clearTimeout(signOfLife),
      );
      let thoughts = task.resumed?.thoughts ?? [];
      const emit: typeof task.emit = (event) => {
        if (event.kind === 'thought') thoughts = withThought(thoughts, event.thought);
        task.emit(event);
      };
      const turn = begin(parts, { ...task, ...checked.passed, emit }, modelOf(app), offered);
      const strategy = app.config.agent?.strategy === 'react' ? react : functionCall;
      const end = await strategy(turn).catch((error: unknown) => {
        // What is refused while tools work ends them too.
        if (!turn.writer.refused || signal.aborted) throw error;
        return 'answered' as const;
      });
      const replaced = await turn.writer.end();
      if (replaced !== null)
        for (const thought of withdrawn(thoughts, replaced)) task.emit({ kind: 'thought', thought });
      if (end === 'paused' && !turn.writer.refused) task.pause();
    },
  };
}

/** Thoughts that hold words of an answer which was withdrawn, without them; the last has what stands in their place. */
function withdrawn(thoughts: readonly Thought[], replaced: string): readonly Thought[] {
  return thoughts
    .map((thought, at) => ({ ...thought, text: at === thoughts.length - 1 ? replaced : '' }))
    .filter(({ text }, at) => text !== thoughts[at]?.text);
}

function begin(
  parts: EngineParts,
  task: EngineTask,
  model: ChatModel,
  offered: AgentTurn['offered'],
): AgentTurn {
  const writer = new AnswerWriter(parts, task);
  const usage = new TurnUsage(parts.models, model, () => writer.times);
  if (task.resumed) usage.addEarlier(task.resumed.usage);
  task.setUsage(() => usage.read());
  const { app, owner, conversation, user, callers } = task;
  const context: ToolContext = {
    appId: app.id,
    endUserId: owner.endUserId,
    user,
    conversationId: conversation?.id ?? null,
    allow: [...parts.outboundAllow, ...app.settings.outboundAllow],
    summarize: (text, options) => summarize(model, usage, text, options.signal),
    callers: [...callers, app.id],
    appCalls: task.appCalls,
    onUsage: (used) => usage.add(used),
    signal: writer.signal,
  };
  const maxIterations = app.config.agent?.maxIterations ?? 0;
  const memory = new Memory(parts, task);
  return { parts, task, model, maxIterations, memory, offered, writer, usage, context };
}

async function summarize(
  model: ChatModel,
  usage: TurnUsage,
  text: string,
  signal: AbortSignal,
): Promise<string> {
  const content = SUMMARY_PROMPT + text.slice(0, MAX_SUMMARIZED);
  let summary = '';
  const onDelta = (delta: { readonly kind: string; readonly text: string }) => {
    if (delta.kind === 'text') summary += delta.text;
  };
  const request = { messages: [{ role: 'user' as const, content }], params: {} };
  const result = await model.chat(request, onDelta, { signal });
  usage.spent(request, summary, result.usage);
  return withoutReasoning(summary);
}
