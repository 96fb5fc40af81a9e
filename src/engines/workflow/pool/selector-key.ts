import type { Selector } from './selector.ts';

/** A selector as the key of a map. */
export function selectorKey(selector: Selector): string {
  return selector.join('\n');
}
