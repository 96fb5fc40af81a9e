import { expandTemplate } from '../pool/references.ts';
import { ENVIRONMENT } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { textOf } from '../values/render.ts';

/** Characters that a second pass may make. */
const LONGEST = 1_000_000;

/**
 * Fills in the references of a text that was filled in before, as Dify does it in a few places
 * (`facts/dify-dsl-engine.md` §3.2, §4.6). What end users and documents say may be among it, so two things differ: they
 * cannot ask for the environment, which holds secrets, and a text that would grow out of all bounds stays as it is.
 */
export function expandAgain(text: string, pool: ReadPool): string {
  const open: ReadPool = {
    get: (selector) => (selector[0] === ENVIRONMENT ? undefined : pool.get(selector)),
    variablesOf: (nodeId) => pool.variablesOf(nodeId),
  };
  let length = text.length;
  try {
    return expandTemplate(text, open, (variable) => {
      const filled = textOf(variable);
      length += filled.length;
      if (length > LONGEST) throw TOO_LONG;
      return filled;
    });
  } catch (error) {
    if (error !== TOO_LONG) throw error;
    return text;
  }
}

const TOO_LONG = new RangeError('The text would be too long.');
