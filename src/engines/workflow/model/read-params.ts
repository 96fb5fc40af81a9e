import type { ChatRequest } from '../../../models/chat-model.ts';
import { expandTemplate, referencesIn } from '../pool/references.ts';
import type { Selector } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { ModelConfig } from './model-config.ts';

/** Characters that variables may make of a parameter. */
const LONGEST = 1024;

/**
 * `completion_params` for a request (`facts/dify-dsl-engine.md` §4.4): references in texts are filled in, and what has
 * become a number or a boolean is one; `stop` is none of them.
 */
export function readParams(
  { completion_params }: Pick<ModelConfig, 'completion_params'>,
  pool: ReadPool,
): Required<Pick<ChatRequest, 'params' | 'stop'>> {
  const { stop, ...params } = completion_params;
  const words = Array.isArray(stop) ? stop : [stop];
  return {
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, filled(value, pool)])),
    stop: words.filter((word): word is string => typeof word === 'string' && word !== ''),
  };
}

/** Variables that the parameters of a model refer to. */
export function referencesOfParams({
  completion_params,
}: Pick<ModelConfig, 'completion_params'>): Selector[] {
  return Object.values(completion_params).flatMap((value) =>
    typeof value === 'string' ? referencesIn(value) : [],
  );
}

function filled(value: unknown, pool: ReadPool): unknown {
  if (typeof value !== 'string' || referencesIn(value).length === 0) return value;
  const text = expandTemplate(value, pool).slice(0, LONGEST);
  try {
    const literal: unknown = JSON.parse(text);
    return typeof literal === 'number' || typeof literal === 'boolean' ? literal : text;
  } catch {
    return text;
  }
}
