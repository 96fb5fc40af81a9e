import type { App } from '../../apps/app.ts';
import type { ChatModel } from '../../models/chat-model.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import { type Thought, withThought } from '../../runs/thought.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { AnswerWriter } from '../answer/answer-writer.ts';
import { moderateInput } from '../answer/moderation.ts';
import { TurnUsage } from '../answer/turn-usage.ts';
import type { EngineParts } from '../engine-parts.ts';
import { buildPrompt } from '../prompt/build-prompt.ts';
import { Memory } from '../prompt/memory.ts';
import type { AgentTurn } from './agent-turn.ts';
import { functionCall } from './function-call.ts';
import { keepToolFile } from './keep-tool-file.ts';
import { checkTools, offeredTools } from './offered-tools.ts';
import { react } from './react/react.ts';
import { summarize } from './summarize.ts';

const SIGN_OF_LIFE_MS = 1_000;

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
      const { turn, writer } = begin(parts, { ...task, ...checked.passed, emit }, modelOf(app), offered);
      const strategy = app.config.agent?.strategy === 'react' ? react : functionCall;
      const end = await strategy(turn).catch((error: unknown) => {
        // What is refused while tools work ends them too.
        if (!writer.refused || signal.aborted) throw error;
        return 'answered' as const;
      });
      const replaced = await writer.end();
      if (replaced !== null)
        for (const thought of withdrawn(thoughts, replaced)) task.emit({ kind: 'thought', thought });
      if (end === 'paused' && !writer.refused) task.pause();
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
): { readonly turn: AgentTurn; readonly writer: AnswerWriter } {
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
  const memory = new Memory(parts, task);
  const turn: AgentTurn = {
    model,
    ref: app.config.model,
    maxIterations: app.config.agent?.maxIterations ?? 0,
    template: app.config.agent?.prompt ?? null,
    earlier: task.resumed?.thoughts ?? [],
    offered,
    prompt: (options) => buildPrompt(parts, task, model, { ...options, memory }),
    writer,
    usage,
    context,
    showsFiles: task.showsFiles,
    keepFile: (file) => keepToolFile(parts, task, file),
    onError: parts.onError,
    think: (thought) => task.emit({ kind: 'thought', thought }),
  };
  return { turn, writer };
}
