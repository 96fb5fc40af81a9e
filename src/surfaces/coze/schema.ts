import * as z from 'zod';
import { isRecord } from '../../config/is-record.ts';
import { CozeError } from './coze-error.ts';

/**
 * Building blocks of request schemas. SDKs send every field they know, with null, "", 0 or [] for what is not set
 * (`facts/coze-wire.md` §1 rules 11, 14 and 15, §3): all of these are absent where a value is optional.
 */

/** A value that may be left out, as nothing or as null. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** The same where "" is nothing too. */
export function optionalText<T extends z.ZodType<string> = z.ZodType<string>>(
  schema: T = text() as unknown as T,
) {
  return (
    z
      .union([z.literal('').transform(() => undefined), schema])
      .nullish()
      // Also when nothing but NUL was there.
      .transform((value): z.output<T> | undefined => value || undefined)
  );
}

/** PostgreSQL stores no NUL, and nobody means one. */
export function text(max = Number.POSITIVE_INFINITY): z.ZodType<string> {
  return z
    .string()
    .transform((value) => value.replaceAll('\0', ''))
    .refine((value) => value.length <= max || Array.from(value).length <= max, {
      error: `must have at most ${max} characters`,
    });
}

/**
 * The beginning of a list, one more than `max`: whoever takes it refuses a longer one. A body has room for millions of
 * elements, and each that is wrong would be an issue with a path: gigabytes, while everybody waits.
 */
export function beginning<T extends z.ZodType>(element: T, max: number) {
  return z
    .unknown()
    .transform((value) => (Array.isArray(value) && value.length > max ? value.slice(0, max + 1) : value))
    .pipe(z.array(element));
}

/** A list that is no longer than `max`. */
export function list<T extends z.ZodType>(
  element: T,
  { min = 0, max }: { readonly min?: number; readonly max: number },
) {
  return beginning(element, max).refine(({ length }) => length >= min && length <= max, {
    error: `must have ${min} to ${max} elements`,
  });
}

/** An object with any values; they are not looked through, however many there are. */
export const values = z.custom<Readonly<Record<string, unknown>>>(isRecord, { error: 'must be an object' });

/** An id: text, or a number that is small enough to have kept its digits. What it names is looked up later. */
const number = z.number().int({ error: 'must be text: as a number it loses digits' }).nonnegative();
export const id = z.union([number.transform(String), z.string().min(1, { error: 'is required' }).max(255)]);

export const optionalId = optionalText(z.string().max(255) as z.ZodType<string>).or(number.transform(String));

/** A flag of a JSON body; as text in queries. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '0', '1']).transform((value) => /true|1/.test(value))])
  .nullish();

/** A number of a query, where it comes as text, or of a body. */
export function integer(options: { readonly min: number; readonly max: number; readonly default: number }) {
  return z
    .union([
      z.number(),
      z
        .string()
        .regex(/^-?\d+$/)
        .transform(Number),
      z.literal('').transform(() => undefined),
    ])
    .nullish()
    .transform((value) => value ?? options.default)
    .pipe(z.number().int().min(options.min).max(options.max));
}

/** 16 pairs, keys of 1 to 64 and values of 1 to 512 characters (seed 002, `facts/coze-wire.md` §9.5); else 4003. */
export const META_LIMITS = { pairs: 16, key: 64, value: 512 } as const;

/** The caller's own pairs; `checkMetaData` checks how long they are. @throws CozeError 4003 when there are too many */
export const metaData = optional(
  z
    .unknown()
    .transform((value) => {
      // Before they are read: a body has room for a million.
      if (isRecord(value) && Object.keys(value).length > META_LIMITS.pairs) throw tooManyPairs();
      return value;
    })
    .pipe(z.record(text(), text())),
);

function tooManyPairs(): CozeError {
  return new CozeError(4003, `meta_data has more than ${META_LIMITS.pairs} pairs.`);
}
