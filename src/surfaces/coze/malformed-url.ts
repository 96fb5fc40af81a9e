/** The answer to a URL that no router can read, with the `code` and `msg` of every other (`facts/coze-wire.md` §1 rule 2). */
export function malformedUrl(): object {
  return { code: 4000, msg: 'Request parameter error: the URL is not well-formed.' };
}
