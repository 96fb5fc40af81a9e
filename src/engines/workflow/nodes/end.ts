import { z } from 'zod';
import { defineNode } from '../node-kind.ts';
import type { Segment } from '../pool/references.ts';
import type { Value } from '../values/value.ts';
import { namedSelectors } from './schemas.ts';

/** What a workflow gives back (`facts/dify-dsl-engine.md` §4.2). What is not there is null. */
export const end = defineNode({
  types: ['end'],
  role: 'response',
  config: z.looseObject({ outputs: namedSelectors }),
  references: ({ outputs }) => outputs.map(({ selector }) => selector),
  segments: ({ outputs }) =>
    outputs.flatMap(({ selector }, at): Segment[] => [
      ...(at === 0 ? [] : [{ kind: 'text' as const, text: '\n' }]),
      { kind: 'variable', selector },
    ]),
  run({ outputs }, { pool }) {
    const values: Record<string, Value> = {};
    for (const { name, selector } of outputs) values[name] = pool.get(selector)?.value ?? null;
    return { inputs: values, outputs: values };
  },
});
