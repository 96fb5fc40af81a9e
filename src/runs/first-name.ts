const LENGTH = 20;

/** A conversation's name before a title is found: the query, or its first 20 characters (`facts/dify-wire.md` §7.1). */
export function firstName(query: string): string {
  const characters = [...query];
  return characters.length > LENGTH ? `${characters.slice(0, LENGTH).join('')}…` : query;
}
