import { RESERVED_NAMES } from '../../config/reserved-names.ts';
import type { DslNode } from './dsl-node.ts';

/** Reads a list of things with a `name` that only one of them may have. Those without are reported and left out. */
export function readNames<T>(list: DslNode, read: (item: DslNode, name: string) => T): readonly T[] {
  const taken = new Set<string>();
  const found: T[] = [];
  for (const item of list.items()) {
    item.mapping();
    const name = item.get('name').word();
    if (name === '') item.problem('missing name');
    else if (RESERVED_NAMES.has(name)) item.get('name').problem(`${name} is not a name for a variable`);
    else if (taken.has(name)) item.get('name').problem(`the variable ${name} is there twice`);
    else found.push(read(item, name));
    taken.add(name);
  }
  return found;
}
