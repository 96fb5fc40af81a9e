import { z } from 'zod';
import { defineNode } from '../node-kind.ts';
import { expandTemplate, referencesIn, segmentsOf, variablesIn } from '../pool/references.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { markdownOf } from '../values/render.ts';
import type { Value } from '../values/value.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** What a chatflow says (`facts/dify-dsl-engine.md` §4.3). */
export const answer = defineNode({
  types: ['answer'],
  role: 'response',
  config: z.looseObject({ answer: text }),
  references: (config) => referencesIn(config.answer),
  segments: (config) => segmentsOf(config.answer),
  run(config, { pool }) {
    const files = distinct(variablesIn(config.answer, pool).flatMap(({ value }) => filesIn(value)));
    return {
      outputs: { answer: expandTemplate(config.answer, pool, markdownOf), files },
      types: { files: 'array[file]' },
    };
  },
});

function filesIn(value: Value): readonly FileValue[] {
  if (isFileValue(value)) return [value];
  return Array.isArray(value) ? value.filter(isFileValue) : [];
}

/** Each file once, however many variables hold it; in the order of the answer. */
function distinct(files: readonly FileValue[]): readonly FileValue[] {
  const seen = new Set<string>();
  return files.filter((file) => {
    const key = file.related_id ?? file.remote_url ?? file.url;
    if (key === null) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
