import { integer } from './schema.ts';

/** More at once than any client asks for; fewer than was asked for would end some clients' paging (`facts/coze-wire.md` §1 rule 23). */
const MAX_PAGE = 1000;

/** Number of a page, from 1; 0 is how some SDKs leave it out. */
export const pageNumber = integer({ min: 0, max: Number.MAX_SAFE_INTEGER, default: 1 }).transform(
  (number) => number || 1,
);

/** How many a page has; 0 as above. */
export function pageSize(usual: number) {
  return integer({ min: 0, max: MAX_PAGE, default: usual }).transform((size) => size || usual);
}

/** One page of a list that is known as a whole. Behind its end are empty pages (`facts/coze-wire.md` §7). */
export function pageOf<T>(
  all: readonly T[],
  number: number,
  size: number,
): { readonly items: readonly T[]; readonly hasMore: boolean } {
  const start = (number - 1) * size;
  return { items: all.slice(start, start + size), hasMore: start + size < all.length };
}
