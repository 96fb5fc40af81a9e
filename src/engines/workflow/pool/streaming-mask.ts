import { maskText, type Secret, type Secrets } from './mask-secrets.ts';

/**
 * Masks secrets in a text that comes in pieces. The end of what has come is held back as long as it may be, or become, the
 * beginning of a secret: at most as much as the longest spelling of one, mostly a few characters.
 */
export class StreamingMask {
  readonly #secrets: Secrets;
  #held = '';

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** What can be told by now. */
  add(text: string): string {
    const all = this.#held + text;
    let cut = Math.min(all.length, ...this.#secrets.map((secret) => undecidedFrom(all, secret)));
    for (let moved = true; moved; ) {
      const end = this.#endAround(all, cut);
      moved = end > cut;
      cut = end;
    }
    this.#held = all.slice(cut);
    return maskText(all.slice(0, cut), this.#secrets);
  }

  /** What is left. */
  end(): string {
    const rest = maskText(this.#held, this.#secrets);
    this.#held = '';
    return rest;
  }

  /** The end of a secret that begins before `cut`, where it ends behind it; else `cut`. */
  #endAround(text: string, cut: number): number {
    for (const { pattern } of this.#secrets) {
      for (const { index, 0: found } of text.matchAll(pattern)) {
        if (index >= cut) break;
        if (index + found.length > cut) return index + found.length;
      }
    }
    return cut;
  }
}

/** Where the first spelling may begin that has not come as a whole. */
function undecidedFrom(text: string, { opening, longest, longestOpening }: Secret): number {
  const open = Math.max(0, text.length - longestOpening + 1);
  opening.lastIndex = Math.max(0, text.length - longest + 1);
  const found = opening.exec(text);
  return found === null ? open : Math.min(open, found.index);
}
