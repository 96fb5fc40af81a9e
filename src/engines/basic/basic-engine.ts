import type { App } from '../../apps/app.ts';
import type { ChatDelta, ChatModel } from '../../models/chat-model.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { AnswerSpeaker } from './answer-speaker.ts';
import { buildPrompt } from './build-prompt.ts';
import { moderateInput } from './moderation.ts';
import { OutputGuard } from './output-guard.ts';
import { type CallTimes, runUsage } from './run-usage.ts';

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
      const checked = await moderateInput(parts.models, task.app, task, task);
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
  const refusal = new AbortController();
  const signal = task.app.config.moderation?.output
    ? AbortSignal.any([task.signal, refusal.signal])
    : task.signal;
  const guard = OutputGuard.of(parts.models, task.app, task.signal, () => refusal.abort());
  const speaker = speakerOf(parts, task);

  const began = performance.now();
  let firstToken: number | null = null;
  let text = '';
  let replaced: string | null = null;
  const times = (): CallTimes => ({ began, firstToken });
  const onDelta = (delta: ChatDelta) => {
    firstToken ??= performance.now();
    if (delta.kind !== 'text') return;
    text += delta.text;
    task.emit({ kind: 'text', text: delta.text });
    guard?.grow(text);
    speaker?.add(delta.text);
  };
  task.setUsage(() =>
    runUsage(parts.models, model, { request, answer: text, reported: null, times: times() }),
  );
  try {
    const { usage } = await model.chat(request, onDelta, { signal });
    task.setUsage(() =>
      runUsage(parts.models, model, { request, answer: text, reported: usage, times: times() }),
    );
  } catch (error) {
    if (!refusal.signal.aborted) throw error;
  }
  const verdict = await guard?.finish(text);
  if (verdict) {
    replaced = verdict.text;
    task.emit({ kind: 'text_replaced', text: replaced, reason: 'output_moderation' });
  }
  await speaker?.finish();
}

/** Null unless the app plays its answers and a voice can be had. */
function speakerOf({ models }: EngineParts, task: EngineTask): AnswerSpeaker | null {
  const { enabled, autoPlay, voice, language } = task.app.config.textToSpeech;
  if (!enabled || !autoPlay) return null;
  const speech = models.speech(task.app.config.model);
  const chosen = voice || speech.defaultVoice;
  if (!chosen) return null;
  const options = { voice: chosen, ...(language ? { language } : {}), signal: task.signal };
  return new AnswerSpeaker(speech, options, (data) => task.emit({ kind: 'audio', data }));
}
