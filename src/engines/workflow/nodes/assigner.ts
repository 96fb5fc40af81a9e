import { assignItems } from '../assign/assign-items.ts';
import { assignOnce } from '../assign/assign-once.ts';
import { type AssignerConfig, assignerSchema } from '../assign/assigner-config.ts';
import { defineNode } from '../node-kind.ts';
import type { Selector } from '../pool/selector.ts';

/** Sets variables of the conversation, or of a loop (`facts/dify-dsl-engine.md` §4.11), in its first form or its second. */
export const assigner = defineNode<AssignerConfig>({
  types: ['assigner'],
  role: 'plain',
  config: assignerSchema,
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
