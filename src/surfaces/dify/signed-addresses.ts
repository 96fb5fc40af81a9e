const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Where a server may stand: host, port, and a few parts of a path before `/files`. */
const BASE = String.raw`https?:\/\/(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?(?:\/[\w.~%-]+){0,5}?`;
/** Every part can be matched in one way only, so that no text takes long. */
const ADDRESS = new RegExp(
  String.raw`(?:${BASE}|(?<![\w.~%/-]))\/files\/(${UUID})\/(?:file|image)-preview\?((?:&amp;|[\w&=%-])+)`,
  'gi',
);

/** Different files in one text: they are looked for in the store at each reading. Those after them keep their addresses. */
const MAX_FILES = 1000;

/** Ids of the stored files whose signed addresses (`facts/dify-wire.md` §7.4) stand in a text. */
export function addressedFiles(text: string): readonly string[] {
  if (!text.includes('-preview?')) return [];
  const ids = new Set<string>();
  for (const [, id = ''] of text.matchAll(ADDRESS)) {
    ids.add(id.toLowerCase());
    if (ids.size === MAX_FILES) break;
  }
  return [...ids];
}

/**
 * The same text with fresh addresses in place of those of files that the reader may have; the others stay as they are.
 *
 * @param own files of the app and end user whose text it is: what stands in it may be anybody's words
 * @param sign a whole address, signed now
 */
export function signAgain(
  text: string,
  own: { has(fileId: string): boolean },
  sign: (fileId: string) => string,
): string {
  if (!text.includes('-preview?')) return text;
  return text.replace(ADDRESS, (address, id: string, query: string) => {
    const fileId = id.toLowerCase();
    if (!own.has(fileId)) return address;
    return sign(fileId) + (/(?:^|[&;])as_attachment=true\b/i.test(query) ? '&as_attachment=true' : '');
  });
}
