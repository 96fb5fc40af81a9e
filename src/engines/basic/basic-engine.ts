import type { App } from '../../apps/app.ts';
import type { ChatDelta, ChatModel, TokenUsage } from '../../models/chat-model.ts';
import type { SpeechModel } from '../../models/speech-model.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { AnswerSpeaker } from './answer-speaker.ts';
import { buildPrompt } from './build-prompt.ts';
import { moderateInput } from './moderation.ts';
import { OutputGuard } from './output-guard.ts';
import { runUsage } from './run-usage.ts';
import { Thinking } from './thinking.ts';

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
  const refusal = new AbortController();
  const signal = task.app.config.moderation?.output
    ? AbortSignal.any([task.signal, refusal.signal])
    : task.signal;
  const guard = OutputGuard.of(parts.models, task.app, task.signal, () => refusal.abort());
  const speaker = speakerOf(parts, task);
  const thinking = new Thinking();

  const began = performance.now();
  let firstToken: number | null = null;
  let text: string | null = null;
  const say = (piece: string) => {
    if (piece === '' && text !== null) return;
    text = (text ?? '') + piece;
    task.emit({ kind: 'text', text: piece });
    guard?.grow(text);
  };
  const onDelta = (delta: ChatDelta) => {
    firstToken ??= performance.now();
    if (delta.kind === 'reasoning') return say(thinking.reasoning(delta.text));
    say(thinking.text(delta.text));
    speaker?.add(delta.text);
  };
  const setUsage = (reported: TokenUsage | null) => {
    const times = () => ({ began, firstToken });
    task.setUsage(() =>
      runUsage(parts.models, model, { request, answer: text ?? '', reported, times: times() }),
    );
  };
  setUsage(null);
  // Without a first event a client has no task id, and nothing to stop a slow model with.
  const signOfLife = setTimeout(say, SIGN_OF_LIFE_MS, '');
  try {
    const { usage } = await model.chat(request, onDelta, { signal });
    setUsage(usage);
  } catch (error) {
    if (!refusal.signal.aborted) throw error;
  } finally {
    clearTimeout(signOfLife);
  }
  say(thinking.end());
  const verdict = await guard?.finish(text ?? '');
  if (verdict) {
    speaker?.cancel();
    task.emit({ kind: 'text_replaced', text: verdict.text, reason: 'output_moderation' });
    speaker?.add(verdict.text);
  }
  await speaker?.finish();
}

/** Null unless the app plays its answers and a voice can be had: without one the answer is only read. */
function speakerOf({ models }: EngineParts, task: EngineTask): AnswerSpeaker | null {
  const { enabled, autoPlay, voice, language } = task.app.config.textToSpeech;
  if (!task.aloud || !enabled || !autoPlay) return null;
  let speech: SpeechModel;
  try {
    speech = models.speech(task.app.config.model);
  } catch {
    return null;
  }
  const chosen = voice || speech.defaultVoice;
  if (!chosen) return null;
  const options = { voice: chosen, ...(language ? { language } : {}), signal: task.signal };
  return new AnswerSpeaker(speech, options, (data) => task.emit({ kind: 'audio', data }));
}
