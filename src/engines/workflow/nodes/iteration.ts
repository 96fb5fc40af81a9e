import { z } from 'zod';
import { runIteration } from '../containers/run-iteration.ts';
import { defineNode } from '../node-kind.ts';
import { selectorSchema } from './schemas.ts';

const config = z.looseObject({
  iterator_selector: selectorSchema,
  output_selector: selectorSchema.nullish().transform((selector) => selector ?? []),
  output_type: z.string().nullish(),
  is_parallel: z.boolean().nullish(),
  parallel_nums: z.number().nullish(),
  error_handle_mode: z
    .enum(['terminated', 'continue-on-error', 'remove-abnormal-output'])
    .nullish()
    .transform((mode) => mode ?? 'terminated'),
  flatten_output: z.boolean().nullish(),
});

/** Runs what is inside it for each item of a list (`facts/dify-dsl-engine.md` §4.12). */
export const iteration = defineNode<z.infer<typeof config>>({
  types: ['iteration'],
  role: 'container',
  start: 'iteration-start',
  config,
  /** Dify's editor fills in what is empty in any way (`facts/dify-dsl-engine.md` §2.5). */
  normalise: (data) => ({
    ...data,
    is_parallel: data.is_parallel || false,
    parallel_nums: data.parallel_nums || 10,
    error_handle_mode: data.error_handle_mode || 'terminated',
  }),
  references: ({ iterator_selector }) => [iterator_selector],
  run: (read, context) =>
    runIteration(
      {
        iterator: read.iterator_selector,
        output: read.output_selector,
        parallel: read.is_parallel === true ? within(Math.trunc(read.parallel_nums || 10)) : 1,
        onError: read.error_handle_mode,
        flatten: read.flatten_output ?? true,
      },
      context,
    ),
});

/** Dify's editor allows 10. A file may ask for more, but not for memory without end. */
function within(parallel: number): number {
  return Math.min(Math.max(1, parallel), 100);
}

export const iterationStart = defineNode({
  types: ['iteration-start'],
  role: 'root',
  config: z.looseObject({}),
  run: () => ({ outputs: {} }),
});
