import { MAX_VARIABLE_BYTES } from '../../../apps/max-variable-bytes.ts';
import { sizeUpTo } from '../../../config/size-up-to.ts';
import { NodeError } from '../node-error.ts';
import { CONVERSATION, type Selector } from '../pool/selector.ts';
import type { Value } from '../values/value.ts';
import { MAX_LOOP_VARIABLE_CHARACTERS } from '../workflow-limits.ts';
import { ASSIGNER_ERROR } from './assigner-config.ts';

/**
 * Sizes of what one assigner writes, in characters of JSON. Each value is counted once, however often it is put into
 * another, and not beyond the largest limit.
 */
export class VariableSizes {
  readonly #known = new Map<Value, number>();

  /** A list that the parts were put into has the size of them all. */
  join(list: Value, parts: readonly Value[]): void {
    this.#known.set(list, this.#sizeOf(parts));
  }

  /**
   * @param parts what the variable is going to hold
   * @throws NodeError when a variable cannot hold that much (`facts/dify-dsl-engine.md` §5.4)
   */
  check(selector: Selector, ...parts: readonly Value[]): void {
    const limit = selector[0] === CONVERSATION ? MAX_VARIABLE_BYTES : MAX_LOOP_VARIABLE_CHARACTERS;
    const size = this.#sizeOf(parts);
    if (size > limit) throw new NodeError(ASSIGNER_ERROR, `variable size ${size} exceeds limit ${limit}`);
  }

  #sizeOf(parts: readonly Value[]): number {
    let size = 0;
    for (const part of parts) {
      let counted = this.#known.get(part);
      if (counted === undefined) {
        counted = sizeUpTo(MAX_LOOP_VARIABLE_CHARACTERS, part);
        if (typeof part === 'object' && part !== null) this.#known.set(part, counted);
      }
      size += counted;
    }
    return size;
  }
}
