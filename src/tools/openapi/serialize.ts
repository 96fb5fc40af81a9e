import { isRecord } from '../../config/is-record.ts';
import type { Serialization } from './operation.ts';

export type Pair = readonly [name: string, value: string];

/** Objects within objects; what is deeper is written as JSON. */
const MAX_DEPTH = 10;

/**
 * A value as `name=value` pairs of a query or a form, both percent-encoded, in the styles of OpenAPI. Nothing in the
 * value can end it or begin another pair.
 *
 * @example formPairs({ name: 'filter', style: 'deepObject', … }, { a: 1 }) // [['filter%5Ba%5D', '1']]
 */
export function formPairs(binding: Serialization, value: unknown): readonly Pair[] {
  const { name, style, explode, json } = binding;
  const encode = binding.allowReserved ? encodeUnreserved : percentEncoded;
  const key = percentEncoded(name);
  if (json) return [[key, encode(JSON.stringify(value))]];
  if (style === 'deepObject' && typeof value === 'object' && value !== null) {
    return deepPairs(name, value, 0).map(([path, text]) => [percentEncoded(path), encode(text)]);
  }
  const separator = style === 'spaceDelimited' ? '%20' : style === 'pipeDelimited' ? '%7C' : ',';
  if (Array.isArray(value)) {
    if (explode) return value.map((item) => [key, encode(plainText(item))]);
    return value.length === 0 ? [] : [[key, value.map((item) => encode(plainText(item))).join(separator)]];
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(
      ([field, item]): Pair => [percentEncoded(field), encode(plainText(item))],
    );
    return explode || entries.length === 0 ? entries : [[key, entries.flat().join(separator)]];
  }
  return [[key, encode(plainText(value))]];
}

/** A value as a piece of a path, of one segment: `/`, `?` and `#` in it are encoded. */
export function pathText({ name, style, explode, json }: Serialization, value: unknown): string {
  const [prefix, separator] = style === 'label' ? ['.', '.'] : style === 'matrix' ? [';', ';'] : ['', ','];
  const key = percentEncoded(name);
  const named = style === 'matrix' ? `${prefix}${key}=` : prefix;
  if (json) return named + percentEncoded(JSON.stringify(value));
  if (Array.isArray(value)) {
    const items = value.map((item) => percentEncoded(plainText(item)));
    if (style === 'matrix' && explode) return items.map((item) => `${named}${item}`).join('');
    return named + items.join(explode ? separator : ',');
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([field, item]) =>
      [field, plainText(item)].map(percentEncoded),
    );
    if (!explode) return named + entries.flat().join(',');
    return prefix + entries.map((entry) => entry.join('=')).join(separator);
  }
  return named + percentEncoded(plainText(value));
}

/** A value as a header, or as that of a cookie before it is encoded. */
export function simpleText({ explode, json }: Serialization, value: unknown): string {
  if (json) return JSON.stringify(value);
  if (Array.isArray(value)) return value.map(plainText).join(',');
  if (!isRecord(value)) return plainText(value);
  const entries = Object.entries(value).map(([field, item]) => [field, plainText(item)]);
  return entries.map((entry) => entry.join(explode ? '=' : ',')).join(',');
}

export function plainText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As PHP, Rails and qs read them: `a[b][c]=1`, and lists by index. */
function deepPairs(path: string, value: unknown, depth: number): readonly Pair[] {
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return [[path, plainText(value)]];
  return Object.entries(value).flatMap(([field, item]) => deepPairs(`${path}[${field}]`, item, depth + 1));
}

/** Half a character, which JSON can hold, has no place in a URL. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Leaves reserved characters as they are, but not those that would end the value or begin another. */
function encodeUnreserved(text: string): string {
  return percentEncoded(text).replace(/%(?:3A|2F|3F|40|24|2C)/g, decodeURIComponent);
}
