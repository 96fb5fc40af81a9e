import { z } from 'zod';
import { conditionsSchema, logicalOperatorSchema, variablesOf } from '../conditions/condition.ts';
import { runLoop } from '../containers/run-loop.ts';
import { defineNode } from '../node-kind.ts';

const config = z.looseObject({
  loop_count: z.coerce.number().min(0).transform(Math.trunc),
  logical_operator: logicalOperatorSchema,
  break_conditions: conditionsSchema,
  loop_variables: z
    .array(
      z.looseObject({
        label: z.string(),
        var_type: z.enum([
          ...['string', 'number', 'boolean', 'object'],
          ...['array[string]', 'array[number]', 'array[object]', 'array[boolean]'],
        ] as unknown as [
          'string',
          'number',
          'boolean',
          'object',
          'array[string]',
          'array[number]',
          'array[object]',
          'array[boolean]',
        ]),
        value_type: z.enum(['constant', 'variable']),
        value: z.json().optional(),
      }),
    )
    .nullish()
    .transform((variables) => variables ?? []),
});

/** Runs what is inside it again and again, over variables of its own (`facts/dify-dsl-engine.md` §4.13). */
export const loop = defineNode<z.infer<typeof config>>({
  types: ['loop'],
  role: 'container',
  start: 'loop-start',
  hasVariables: true,
  config,
  references: ({ break_conditions, loop_variables }) => [
    ...variablesOf(break_conditions),
    ...loop_variables.flatMap(({ value_type, value }) =>
      value_type === 'variable' && Array.isArray(value) ? [value.map(String)] : [],
    ),
  ],
  run: (read, context) =>
    runLoop(
      {
        count: read.loop_count,
        operator: read.logical_operator,
        conditions: read.break_conditions,
        variables: read.loop_variables.map(({ label, var_type, value_type, value }) => ({
          label,
          type: var_type,
          from: value_type,
          value: value ?? null,
        })),
      },
      context,
    ),
});

export const loopStart = defineNode({
  types: ['loop-start'],
  role: 'root',
  config: z.looseObject({}),
  run: () => ({ outputs: {} }),
});

/** The loop ends with the round in which this node was reached. */
export const loopEnd = defineNode({
  types: ['loop-end'],
  role: 'plain',
  config: z.looseObject({}),
  run: () => ({ outputs: {} }),
});
