import type { App, Moderation } from '../../apps/app.ts';
import type { Models } from '../../models/models.ts';
import { callExtension } from './moderation-extension.ts';

/** A verdict: null where nothing is wrong, else what is said (or passed on) instead. */
export type Verdict = { readonly text: string } | null;

/** Input that passed, perhaps changed by an extension. */
export interface CheckedInput {
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

interface Options {
  readonly signal: AbortSignal;
}

/**
 * Checks what the end user sends, inputs and query alike (`facts/dify-dsl-engine.md` §2.3 moderation keywords).
 * Answers the preset response when it is refused, else the input to go on with.
 */
export async function moderateInput(
  models: Models,
  app: App,
  input: CheckedInput,
  options: Options,
): Promise<{ readonly refused: string } | { readonly passed: CheckedInput }> {
  const moderation = app.config.moderation;
  if (!moderation?.input) return { passed: input };
  const { presetResponse } = moderation.input;
  const { source } = moderation;
  if (source.kind === 'api') {
    const answer = await callExtension(
      source,
      'app.moderation.input',
      { app_id: app.id, inputs: input.inputs, query: input.query },
      options,
    );
    if (!answer.flagged) return { passed: input };
    if (answer.action === 'overridden') {
      return { passed: { query: answer.query ?? input.query, inputs: answer.inputs ?? input.inputs } };
    }
    return { refused: answer.preset_response || presetResponse };
  }
  const text = [...Object.values(input.inputs).map((value) => String(value ?? '')), input.query].join('\n');
  return (await flagged(models, source, text, options)) ? { refused: presetResponse } : { passed: input };
}

/** Checks an answer, or as much of it as there is. */
export async function moderateOutput(
  models: Models,
  app: App,
  answer: string,
  options: Options,
): Promise<Verdict> {
  const moderation = app.config.moderation;
  if (!moderation?.output || answer === '') return null;
  const { source } = moderation;
  if (source.kind === 'api') {
    const verdict = await callExtension(
      source,
      'app.moderation.output',
      { app_id: app.id, text: answer },
      options,
    );
    if (!verdict.flagged) return null;
    return {
      text:
        verdict.action === 'overridden'
          ? (verdict.text ?? '')
          : verdict.preset_response || moderation.output.presetResponse,
    };
  }
  return (await flagged(models, source, answer, options)) ? { text: moderation.output.presetResponse } : null;
}

async function flagged(
  models: Models,
  source: Exclude<Moderation['source'], { kind: 'api' }>,
  text: string,
  options: Options,
): Promise<boolean> {
  if (source.kind === 'keywords') {
    const lower = text.toLowerCase();
    return source.keywords.some((keyword) => lower.includes(keyword.toLowerCase()));
  }
  return models.moderation().flagged(text, options);
}
