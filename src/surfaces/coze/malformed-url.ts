import { logId } from './log-id.ts';

/** The answer to a URL that no router can read, with what every other has (`facts/coze-wire.md` §1 rules 2 and 25). */
export function malformedUrl() {
  const logid = logId('', new Date());
  return {
    headers: { 'x-tt-logid': logid },
    body: { code: 4000, msg: 'Request parameter error: the URL is not well-formed.', detail: { logid } },
  };
}
