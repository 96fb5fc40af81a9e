import { z } from 'zod';

/** Where a variable is; files write it as a list of strings. */
export const selectorSchema = z.array(z.string());

/** `[{ variable, value_selector }]`: names that a node gives to variables of others. */
export const namedSelectors = z
  .array(z.looseObject({ variable: z.string(), value_selector: selectorSchema.nullish() }))
  .nullish()
  .transform((list) =>
    (list ?? []).map((one) => ({ name: one.variable, selector: one.value_selector ?? [] })),
  );
