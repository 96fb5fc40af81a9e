import { newId } from '../../store/new-id.ts';

/**
 * `x-tt-logid` and `detail.logid`: the time in UTC and 20 hexadecimal digits (`facts/coze-wire.md` §5). The digits are
 * the end of the request's id, by which the server's own log has it.
 */
export function logId(requestId: string, now: Date): string {
  const hex = requestId.replaceAll('-', '');
  const digits = /^[0-9a-f]{32}$/i.test(hex) ? hex : newId().replaceAll('-', '');
  return now.toISOString().replace(/\D/g, '').slice(0, 14) + digits.slice(-20).toUpperCase();
}
