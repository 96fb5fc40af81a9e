import { z } from 'zod';
import { selectorSchema } from '../nodes/schemas.ts';

export const OPERATIONS = [
  ...['over-write', 'clear', 'set', 'append', 'extend', '+=', '-=', '*=', '/='],
  ...['remove-first', 'remove-last'],
] as const;

/** One assignment of the second form. */
export const itemSchema = z.looseObject({
  variable_selector: selectorSchema,
  input_type: z.enum(['variable', 'constant']).default('variable'),
  operation: z.enum(OPERATIONS as unknown as [string, ...string[]]),
  value: z.json().optional(),
});

/** The first form: one assignment from a variable. */
export const onceSchema = z.looseObject({
  assigned_variable_selector: selectorSchema,
  write_mode: z.enum(['over-write', 'append', 'clear']).default('over-write'),
  input_variable_selector: selectorSchema.nullish().transform((selector) => selector ?? []),
});

export type AssignerItem = z.infer<typeof itemSchema>;
export type AssignOnce = z.infer<typeof onceSchema>;

export const ASSIGNER_ERROR = 'VariableOperatorNodeError';
