import { z } from 'zod';

const TYPES = [
  ...(['string', 'number', 'boolean', 'object'] as const),
  ...(['array[string]', 'array[number]', 'array[object]', 'array[boolean]'] as const),
] as const;

/** What code says that it returns. */
export interface CodeOutput {
  readonly type: (typeof TYPES)[number];
  readonly children?: Readonly<Record<string, CodeOutput>> | null | undefined;
}

const outputSchema: z.ZodType<CodeOutput> = z.lazy(() =>
  z.looseObject({ type: z.enum(TYPES), children: z.record(z.string(), outputSchema).nullish() }),
);

export const codeOutputsSchema = z
  .record(z.string(), outputSchema)
  .nullish()
  .transform((outputs) => outputs ?? {});
