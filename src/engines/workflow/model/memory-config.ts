import { z } from 'zod';

/** Turns at most; null: as many as there is room for. */
const windowSize = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((size) => {
    const turns = Math.trunc(Number(size));
    return turns > 0 ? turns : null;
  });

/** `memory` of a node; null: it has none. */
export const memoryConfigSchema = z
  .looseObject({
    role_prefix: z.looseObject({ user: z.string(), assistant: z.string() }).nullish(),
    window: z.looseObject({ enabled: z.boolean().nullish(), size: windowSize }).nullish(),
    query_prompt_template: z.string().nullish(),
  })
  .nullish()
  .transform((memory) => memory ?? null);

export type MemoryConfig = NonNullable<z.infer<typeof memoryConfigSchema>>;
