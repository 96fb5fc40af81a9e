import { CozeError } from './coze-error.ts';
import { META_LIMITS } from './schema.ts';

/** @throws CozeError 4003 when there is more of it than Coze takes (seed 002 `meta_data`, `facts/coze-wire.md` §6) */
export function checkMetaData(pairs: Readonly<Record<string, string>> | undefined): void {
  const entries = Object.entries(pairs ?? {});
  if (entries.length > META_LIMITS.pairs)
    throw new CozeError(4003, `meta_data has more than ${META_LIMITS.pairs} pairs.`);
  for (const [key, value] of entries) {
    if (!hasLength(key, META_LIMITS.key))
      throw new CozeError(4003, `Keys of meta_data have 1 to ${META_LIMITS.key} characters.`);
    if (!hasLength(value, META_LIMITS.value))
      throw new CozeError(4003, `Values of meta_data have 1 to ${META_LIMITS.value} characters.`);
  }
}

function hasLength(text: string, max: number): boolean {
  return text !== '' && (text.length <= max || Array.from(text).length <= max);
}
