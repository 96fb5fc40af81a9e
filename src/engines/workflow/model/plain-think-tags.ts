/** The longest that stands between `<think` and `>` (`facts/dify-dsl-engine.md` §4.4). */
const MAX_ATTRIBUTES = 512;
const OPEN = new RegExp(`<think(?:\\s[^<>]{0,${MAX_ATTRIBUTES}})?>`, 'gi');
const CLOSE = /<\/think>/gi;

/** An answer whose reasoning stands between plain tags, which a model has written in capitals or with attributes. */
export function plainThinkTags(text: string): string {
  return text.replace(OPEN, '<think>').replace(CLOSE, '</think>');
}

/** The same for an answer that is still growing, wherever its pieces break. */
export class ThinkTagStream {
  /** The end of what came, while it may become a tag. */
  #held = '';

  add(piece: string): string {
    const text = this.#held + piece;
    const last = text.lastIndexOf('<');
    const end = last !== -1 && mayBecomeTag(text.slice(last)) ? last : text.length;
    this.#held = text.slice(end);
    return plainThinkTags(text.slice(0, end));
  }

  end(): string {
    const left = this.#held;
    this.#held = '';
    return left;
  }
}

/** Of what begins with `<`. */
function mayBecomeTag(text: string): boolean {
  if (text.length > '<think '.length + MAX_ATTRIBUTES || text.includes('>')) return false;
  const lower = text.toLowerCase();
  return '<think'.startsWith(lower) || '</think'.startsWith(lower) || /^<think\s/.test(lower);
}
