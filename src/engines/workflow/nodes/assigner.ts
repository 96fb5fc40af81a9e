import { z } from 'zod';
import { assignItems } from '../assign/assign-items.ts';
import { assignOnce } from '../assign/assign-once.ts';
import { itemSchema, onceSchema } from '../assign/assigner-config.ts';
import { defineNode } from '../node-kind.ts';
import type { Selector } from '../pool/selector.ts';

const config = z.union([
  z.looseObject({ items: z.array(itemSchema) }).transform(({ items }) => ({ kind: 'items' as const, items })),
  onceSchema.transform((once) => ({ kind: 'once' as const, once })),
]);

type Config = z.infer<typeof config>;

/** Sets variables of the conversation, or of a loop (`facts/dify-dsl-engine.md` §4.11), in its first form or its second. */
export const assigner = defineNode<Config>({
  types: ['assigner'],
  role: 'plain',
  config,
  references: (read) =>
    read.kind === 'once'
      ? [read.once.assigned_variable_selector, read.once.input_variable_selector]
      : read.items.flatMap(({ variable_selector, input_type, value }) =>
          input_type === 'variable' && Array.isArray(value)
            ? [variable_selector, value.map(String)]
            : [variable_selector],
        ),
  writes: (read): readonly Selector[] =>
    read.kind === 'once'
      ? [read.once.assigned_variable_selector]
      : read.items.map(({ variable_selector }) => variable_selector),
  run: (read, { pool }) =>
    read.kind === 'once' ? assignOnce(read.once, pool) : assignItems(read.items, pool),
});
