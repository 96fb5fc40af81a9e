/** Dify's defaults (`facts/dify-dsl-engine.md` §4.8). */
export const LIMITS = Object.freeze({
  string: 400_000,
  number: 2 ** 63,
  places: 20,
  'array[number]': 1000,
  'array[string]': 30,
  'array[object]': 30,
  'array[boolean]': 1000,
});

/** Objects within objects. */
export const DEEPEST = 5;
