import { z } from 'zod';
import { selectorSchema } from '../nodes/schemas.ts';

export const OPERATIONS = [
  ...['over-write', 'clear', 'set', 'append', 'extend', '+=', '-=', '*=', '/='],
  ...['remove-first', 'remove-last'],
] as const;

/** Of one node; people add them by hand. */
const MAX_ITEMS = 500;

const selector = selectorSchema.nullish().transform((given) => given ?? []);

/** One assignment of the second form. */
const itemSchema = z.looseObject({
  variable_selector: selector,
  input_type: choice(['variable', 'constant']),
  operation: choice(OPERATIONS as unknown as [string, ...string[]]),
  value: z.json().optional(),
});

/** The first form: one assignment from a variable. */
const onceSchema = z.looseObject({
  assigned_variable_selector: selector,
  write_mode: choice(['over-write', 'append', 'clear']),
  input_variable_selector: selector,
});

const itemsSchema = z.looseObject({ items: z.array(itemSchema).max(MAX_ITEMS).nullish() });

const versioned = z.looseObject({
  version: z.unknown().optional(),
  items: z.unknown().optional(),
  assigned_variable_selector: z.unknown().optional(),
});

/** Either form, by `version` (`facts/dify-dsl-engine.md` §4.11). What is wrong in it is told with its path. */
export const assignerSchema = versioned.transform((data, context): AssignerConfig => {
  const isSecond = hasItems(data);
  const read = (isSecond ? itemsSchema : onceSchema).safeParse(data);
  if (read.success)
    return isSecond
      ? { kind: 'items', items: (read.data as z.infer<typeof itemsSchema>).items ?? [] }
      : { kind: 'once', once: read.data as AssignOnce };
  for (const { path, message } of read.error.issues)
    context.issues.push({ code: 'custom', path, message, input: data });
  return z.NEVER;
});

export type AssignerConfig =
  | { readonly kind: 'items'; readonly items: readonly AssignerItem[] }
  | { readonly kind: 'once'; readonly once: AssignOnce };

export type AssignerItem = z.infer<typeof itemSchema>;
export type AssignOnce = z.infer<typeof onceSchema>;

export const ASSIGNER_ERROR = 'VariableOperatorNodeError';

/** Files do not always name the version; the editor leaves an empty list in nodes of the first form. */
function hasItems({ version, items, assigned_variable_selector }: z.infer<typeof versioned>): boolean {
  const named = version ?? '';
  if (named !== '') return String(named) !== '1';
  return (Array.isArray(items) && items.length > 0) || !Array.isArray(assigned_variable_selector);
}

/** The first of them where the file says nothing. */
function choice<Name extends string>(names: readonly [Name, ...Name[]]) {
  const [first] = names;
  return z
    .enum(['', ...names] as unknown as readonly ['', ...Name[]])
    .nullish()
    .transform((given): Name => (given || first) as Name);
}
