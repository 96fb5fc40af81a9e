import { z } from 'zod';
import { selectorSchema } from '../nodes/schemas.ts';
import { referencesIn } from '../pool/references.ts';
import type { Selector } from '../pool/selector.ts';

/** `facts/dify-dsl-engine.md` §4.7. */
export const OPERATORS = [
  ...['contains', 'not contains', 'start with', 'end with', 'is', 'is not', 'empty', 'not empty'],
  ...['in', 'not in', 'all of', '=', '≠', '>', '<', '≥', '≤', 'null', 'not null', 'exists', 'not exists'],
] as const;

const scalar = z.union([z.string(), z.boolean(), z.number()]);

/** What a file compares with. */
export const expectedSchema = z.union([scalar, z.array(scalar), z.null()]).optional();

const comparison = {
  comparison_operator: z.enum(OPERATORS as unknown as [string, ...string[]]),
  value: expectedSchema,
};

const logicalOperator = z.enum(['and', 'or']).nullish();

const subConditionSchema = z.looseObject({ ...comparison, key: z.string() });

export const conditionSchema = z.looseObject({
  ...comparison,
  variable_selector: selectorSchema,
  sub_variable_condition: z
    .looseObject({ logical_operator: logicalOperator, conditions: z.array(subConditionSchema).nullish() })
    .nullish(),
});

export const conditionsSchema = z
  .array(conditionSchema)
  .nullish()
  .transform((list) => list ?? []);

export const logicalOperatorSchema = logicalOperator.transform((operator) => operator ?? 'and');

export type Condition = z.infer<typeof conditionSchema>;
export type SubCondition = z.infer<typeof subConditionSchema>;
export type LogicalOperator = 'and' | 'or';

/** Variables that conditions look at, those they compare with included. */
export function variablesOf(conditions: readonly Condition[]): Selector[] {
  return conditions.flatMap(({ variable_selector, value }) => [
    variable_selector,
    ...(typeof value === 'string' ? referencesIn(value) : []),
  ]);
}
