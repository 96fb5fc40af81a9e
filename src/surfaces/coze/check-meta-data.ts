import { CozeError } from './coze-error.ts';
import { META_LIMITS } from './schema.ts';

/**
 * Checks the length of keys and values; `metaData` has counted them.
 *
 * @throws CozeError 4003 when there is more of it than Coze takes (seed 002 `meta_data`, `facts/coze-wire.md` §6)
 */
export function checkMetaData(pairs: Readonly<Record<string, string>> | undefined): void {
  for (const [key, value] of Object.entries(pairs ?? {})) {
    if (!hasLength(key, META_LIMITS.key))
      throw new CozeError(4003, `Keys of meta_data have 1 to ${META_LIMITS.key} characters.`);
    if (!hasLength(value, META_LIMITS.value))
      throw new CozeError(4003, `Values of meta_data have 1 to ${META_LIMITS.value} characters.`);
  }
}

function hasLength(text: string, max: number): boolean {
  return text !== '' && (text.length <= max || Array.from(text).length <= max);
}
