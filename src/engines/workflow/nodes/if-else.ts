import { z } from 'zod';
import { conditionsSchema, logicalOperatorSchema, variablesOf } from '../conditions/condition.ts';
import { evaluateConditions } from '../conditions/evaluate-conditions.ts';
import { asNodeError, NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import type { ValueRecord } from '../values/value.ts';

const config = z.looseObject({
  cases: z
    .array(
      z.looseObject({
        case_id: z.string(),
        logical_operator: logicalOperatorSchema,
        conditions: conditionsSchema,
      }),
    )
    .nullish()
    .transform((cases) => cases ?? []),
});

/** Takes the branch of the first case that holds, else `false` (`facts/dify-dsl-engine.md` §4.7). */
export const ifElse = defineNode({
  types: ['if-else'],
  role: 'branch',
  config,
  /** Files of before 0.7 have one case, which is the node itself. */
  normalise(data) {
    const { logical_operator, conditions, ...rest } = data;
    if (Array.isArray(data.cases)) return rest;
    if (!Array.isArray(conditions)) return data;
    return { ...rest, cases: [{ case_id: 'true', logical_operator, conditions }] };
  },
  branches: ({ cases }) => [...cases.map(({ case_id }) => case_id), 'false'],
  references: ({ cases }) => cases.flatMap(({ conditions }) => variablesOf(conditions)),
  run({ cases }, { pool }) {
    const groups: ValueRecord[] = [];
    let inputs: ValueRecord = { conditions: [] };
    for (const { case_id, logical_operator, conditions } of cases) {
      try {
        const { holds, results, compared } = evaluateConditions(conditions, logical_operator, pool);
        inputs = { conditions: compared };
        groups.push({ group: case_id, results, final_result: holds });
        if (holds) return settled(case_id, true);
      } catch (error) {
        const { type, message } = asNodeError(error);
        throw new NodeError(type, message, {
          inputs,
          processData: { condition_results: groups },
          cause: error,
        });
      }
    }
    return settled('false', false);

    function settled(handle: string, result: boolean) {
      return {
        inputs,
        processData: { condition_results: groups },
        outputs: { result, selected_case_id: handle },
        handle,
      };
    }
  },
});
