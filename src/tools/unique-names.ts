/** What every model provider takes as the name of a function. */
const MAX_LENGTH = 64;
/** With the `_` before it. */
const NUMBER_LENGTH = 8;

/**
 * Names that models can use, each of them once: other characters become `_`, and what is taken already gets a number,
 * or first the `suffix`.
 *
 * @example
 * const unique = uniqueNames();
 * unique('pets.list'); // 'pets_list'
 * unique('pets/list'); // 'pets_list_2'
 * unique('id', 'query'); // 'id', and the next time 'id_query'
 */
export function uniqueNames(): (wanted: string, suffix?: string) => string {
  const taken = new Set<string>();
  /** The next number to try, by what is left of a name before any number: thousands of one name need no search. */
  const numbers = new Map<string, number>();
  return (wanted, suffix) => {
    const name = safeName(wanted);
    const candidates = suffix === undefined ? [name] : [name, extended(name, safeName(suffix))];
    let found = candidates.find((candidate) => !taken.has(candidate));
    const base = candidates.at(-1) as string;
    const stem = base.slice(0, MAX_LENGTH - NUMBER_LENGTH);
    for (let number = numbers.get(stem) ?? 2; found === undefined; number++) {
      const numbered = extended(base, String(number));
      if (taken.has(numbered)) continue;
      found = numbered;
      numbers.set(stem, number + 1);
    }
    taken.add(found);
    return found;
  };
}

/** The name under which a model, or the DSL of an app, finds what a document calls `name`. */
export function safeName(name: string): string {
  const safe = name
    .trim()
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, MAX_LENGTH);
  return /^_*$/.test(safe) ? 'unnamed' : safe;
}

function extended(name: string, suffix: string): string {
  const end = suffix.slice(0, MAX_LENGTH / 2);
  return `${name.slice(0, MAX_LENGTH - end.length - 1)}_${end}`;
}
