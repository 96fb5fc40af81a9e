import { z } from 'zod';
import { defineNode } from '../node-kind.ts';
import type { Selector } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { selectorSchema } from './schemas.ts';

const selectors = z
  .array(selectorSchema)
  .nullish()
  .transform((list) => list ?? []);

const config = z.looseObject({
  variables: selectors,
  advanced_settings: z
    .looseObject({
      group_enabled: z.boolean().nullish(),
      groups: z.array(z.looseObject({ group_name: z.string(), variables: selectors })).nullish(),
    })
    .nullish(),
});

type Config = z.infer<typeof config>;

/** Takes the first variable that is there, null or not; with none it has no output (`facts/dify-dsl-engine.md` §4.10). */
export const variableAggregator = defineNode<Config>({
  types: ['variable-aggregator', 'variable-assigner'],
  role: 'plain',
  config,
  references: (read) => groupsOf(read).flatMap(({ variables }) => variables),
  run(read, { pool }) {
    const inputs: Record<string, Value> = {};
    const outputs: Record<string, Value> = {};
    const types: Record<string, SegmentType> = {};
    for (const { group_name, variables } of groupsOf(read)) {
      const found = first(variables, pool);
      if (found === null) continue;
      const { selector, variable } = found;
      inputs[selector.slice(1).join('.')] = variable.value;
      if (group_name !== null) outputs[group_name] = { output: variable.value };
      else {
        outputs.output = variable.value;
        if (variable.type !== undefined) types.output = variable.type;
      }
    }
    return { inputs, outputs, types };
  },
});

function groupsOf({ variables, advanced_settings: advanced }: Config) {
  return advanced?.group_enabled === true ? (advanced.groups ?? []) : [{ group_name: null, variables }];
}

function first(
  variables: readonly Selector[],
  pool: ReadPool,
): { readonly selector: Selector; readonly variable: Variable } | null {
  for (const selector of variables) {
    const variable = pool.get(selector);
    if (variable !== undefined) return { selector, variable };
  }
  return null;
}
