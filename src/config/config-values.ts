import { z } from 'zod';

/**
 * Building blocks of `config-schema.ts`. Every one says what it expects in words that follow `expected`, so that a
 * message is the same whichever way a value is wrong.
 */

/** A value that `parse` understands; undefined from `parse` means it does not. */
export function parsed<T>(expected: string, parse: (value: unknown) => T | undefined): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const result = parse(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
}

/** A string that is not empty. Numbers and booleans are refused: YAML would have changed their spelling. */
export function text(expected = 'a non-empty string'): z.ZodType<string> {
  return parsed(expected, (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined));
}

/** A whole number, also as digits in a string (`${PORT}`). */
export function integer(min: number, max: number, expected: string): z.ZodType<number> {
  return parsed(expected, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    return Number.isInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : undefined;
  });
}

/** A positive whole number; `0` and `null` mean that there is no limit. */
export function limitOrNone(expected: string): z.ZodType<number | null> {
  const count = integer(0, Number.MAX_SAFE_INTEGER, expected);
  return parsed(expected, (value) => {
    if (value === null) return null;
    const result = count.safeParse(value);
    return result.success ? result.data || null : undefined;
  });
}

/** An `http(s)` address as it is written. */
export function httpUrl(): z.ZodType<string> {
  return parsed('an http:// or https:// address', (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
    return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
  });
}

/** An `http(s)` address that paths are appended to, without the slash at its end. */
export function baseUrl() {
  return httpUrl().transform((url) => url.replace(/\/+$/, ''));
}

/** The path of a file or folder, not yet absolute, or an `http(s)` address. Other addresses would pass for paths. */
export function pathOrAddress(expected: string): z.ZodType<string> {
  return parsed(expected, (value) => {
    if (typeof value !== 'string' || value.trim() === '') return undefined;
    return !/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || httpUrl().safeParse(value).success ? value : undefined;
  });
}

export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T> {
  return parsed(`one of ${values.join(', ')}`, (value) => values.find((known) => known === value));
}

/** A mapping with these keys and no others; `when` says under which condition, where it is not always so. */
export function mapping<Shape extends z.ZodRawShape>(
  shape: Shape,
  when?: string,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected one of ${Object.keys(shape).join(', ')}${when === undefined ? '' : ` ${when}`}`
        : `expected a mapping with ${Object.keys(shape).join(', ')}`,
  });
}

/** A mapping from names that `key` accepts to values of one kind. */
export function mapOf<T extends z.ZodType>(key: RegExp, keyExpected: string, value: T, expected: string) {
  return z.record(z.string().regex(key, `expected ${keyExpected}`), value, {
    error: (issue) => (issue.code === 'invalid_key' ? `expected ${keyExpected}` : `expected ${expected}`),
  });
}

export function listOf<T extends z.ZodType>(item: T, expected: string): z.ZodArray<T> {
  return z.array(item, { error: `expected ${expected}` });
}
