import { z } from 'zod';
import { selectorSchema } from '../nodes/schemas.ts';

const item = z.looseObject({
  key: z.string().nullish(),
  type: z.enum(['text', 'file']).nullish(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  file: selectorSchema.nullish(),
});

const text = z.string().nullish();
const seconds = z.number().nonnegative().nullish();

/** `facts/dify-dsl-engine.md` §4.15. */
export const httpConfigSchema = z.looseObject({
  method: z
    .string()
    .transform((method) => method.toLowerCase())
    .pipe(z.enum(['get', 'post', 'put', 'patch', 'delete', 'head', 'options'])),
  url: z.string(),
  authorization: z
    .looseObject({
      type: z.enum(['no-auth', 'api-key']),
      config: z
        .looseObject({ type: z.enum(['basic', 'bearer', 'custom']), api_key: text, header: text })
        .nullish(),
    })
    .nullish(),
  headers: text,
  params: text,
  body: z
    .looseObject({
      type: z.enum(['none', 'form-data', 'x-www-form-urlencoded', 'raw-text', 'json', 'binary']),
      // Files of before 0.1.3 have one text here.
      data: z
        .union([z.string().transform((value) => [{ type: 'text' as const, value }]), z.array(item)])
        .nullish(),
    })
    .nullish(),
  timeout: z.looseObject({ connect: seconds, read: seconds, write: seconds }).nullish(),
});

export type HttpConfig = z.infer<typeof httpConfigSchema>;
export type HttpBodyItem = z.infer<typeof item>;

export const HTTP_LIMITS = Object.freeze({
  textBytes: 1024 ** 2,
  fileBytes: 10 * 1024 ** 2,
  /** Files that are sent. */
  uploadBytes: 50 * 1024 ** 2,
  connectSeconds: 10,
  readSeconds: 600,
  writeSeconds: 600,
});
