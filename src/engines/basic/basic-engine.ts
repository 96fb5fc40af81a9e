import type { App } from '../../apps/app.ts';
import type { ChatModel } from '../../models/chat-model.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import { AnswerWriter } from '../answer/answer-writer.ts';
import { moderateInput } from '../answer/moderation.ts';
import { TurnUsage } from '../answer/turn-usage.ts';
import type { EngineParts } from '../engine-parts.ts';
import { buildPrompt } from '../prompt/build-prompt.ts';

/** When a model has said nothing for this long, clients get an empty first piece. */
const SIGN_OF_LIFE_MS = 1_000;

/**
 * Chat and completion apps: one prompt, one answer. The order of features is that of `facts/dify-dsl-engine.md`
 * §8.3: input moderation, prompt, model, output moderation; an app that plays its answers speaks along.
 */
export function basicEngine(parts: EngineParts): Engine {
  const modelOf = (app: App) => parts.models.chat(app.config.model);
  return {
    check(app) {
      modelOf(app);
      const moderation = app.config.moderation;
      if (moderation?.source.kind === 'openai_moderation') parts.models.moderation();
    },
    async execute(task) {
      const { app, query, inputs, signal } = task;
      const checked = await moderateInput(parts.models, app, { query, inputs }, { signal });
      if ('refused' in checked) {
        task.emit({ kind: 'text', text: checked.refused });
        return;
      }
      await answer(parts, { ...task, ...checked.passed }, modelOf(task.app));
    },
  };
}

async function answer(parts: EngineParts, task: EngineTask, model: ChatModel): Promise<void> {
  const request = await buildPrompt(parts, task, model);
  const writer = new AnswerWriter(parts, task);
  const usage = new TurnUsage(parts.models, model, () => writer.times);
  task.setUsage(() => usage.read());
  usage.begin(request, () => writer.answer);
  // Without a first event a client has no task id, and nothing to stop a slow model with.
  const signOfLife = setTimeout(() => writer.say(''), SIGN_OF_LIFE_MS);
  try {
    const result = await model.chat(request, (delta) => writer.add(delta), { signal: writer.signal });
    usage.end(result.usage);
  } catch (error) {
    if (!writer.refused) throw error;
  } finally {
    clearTimeout(signOfLife);
  }
  writer.endPassage();
  // An answer without a word is one piece all the same.
  writer.say('');
  await writer.end();
}
