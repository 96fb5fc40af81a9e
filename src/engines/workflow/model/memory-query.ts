import { expandTemplate, referencesIn } from '../pool/references.ts';
import { type Selector, SYSTEM } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { textOf } from '../values/render.ts';
import { expandAgain } from './expand-again.ts';
import type { MemoryConfig } from './memory-config.ts';
import { filesReferredTo, type PromptMaterial } from './write-prompt.ts';

const QUERY: Selector = [SYSTEM, 'query'];

/** What a node with memory asks after what it remembers: by its template, else what the end user has said. */
export function memoryQuery(memory: MemoryConfig | null, pool: ReadPool): PromptMaterial['query'] {
  if (memory === null) return { text: '', files: [] };
  const { query_prompt_template: template } = memory;
  if (template) return { text: expandTemplate(template, pool), files: filesReferredTo(template, pool) };
  const query = pool.get(QUERY);
  return { text: query === undefined ? '' : expandAgain(textOf(query), pool), files: [] };
}

/** Variables that the query of a node with memory is made of. */
export function referencesOfMemory(memory: MemoryConfig | null): Selector[] {
  if (memory === null) return [];
  return memory.query_prompt_template ? referencesIn(memory.query_prompt_template) : [QUERY];
}
