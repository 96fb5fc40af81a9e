import { createHash } from 'node:crypto';
import { type Place, tagOf } from '../../store/place.ts';

/**
 * Ids on this wire are decimal strings that fit a signed 64-bit integer: some clients parse them (`facts/coze-wire.md`
 * §15). Nothing is stored for them. They are 41 bits of milliseconds since 2010 and 22 more, and so have 19 digits,
 * as Coze's have, and later ids are larger.
 */
const EPOCH = Date.UTC(2010);
const MAX = 2n ** 63n;
const TIME_BITS = 41;
const LOW_BITS = 22n;
/** Of the 22: enough of a turn's UUID to tell it from another of the same millisecond, and a place in the turn. */
const PLACE_BITS = 8n;

/** Id of a conversation, file or section: of the first 70 bits of its UUID, which name one record (`store/short-id.ts`). */
export function decimalId(uuid: string): string {
  const low = (BigInt(`0x${uuid.slice(15, 18)}`) << 10n) | (BigInt(`0x${uuid.slice(19, 22)}`) & 0x3ffn);
  return ((time(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)) << LOW_BITS) | low).toString();
}

/** What the UUID of a decimal id begins with; null for what is no id. */
export function shortIdOf(decimal: string): string | null {
  const number = readDecimal(decimal);
  if (number === null) return null;
  const ms = (Number(number >> LOW_BITS) + EPOCH).toString(16).padStart(12, '0');
  const low = Number(number & 0x3fffffn);
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${hex(low >> 10, 3)}-${hex(0x800 | (low & 0x3ff), 3)}`;
}

/** Id of a chat (`position` 0) or of one of its messages; within a conversation they follow one another as these do. */
export function messageId(
  row: { readonly id: string; readonly created_at: number },
  position: number,
): string {
  const low = (BigInt(tagOf(row.id)) << PLACE_BITS) | BigInt(position);
  return ((time(row.created_at) << LOW_BITS) | low).toString();
}

/** Reads what `messageId` made; null for what is no id. */
export function readMessageId(decimal: string): Place | null {
  const number = readDecimal(decimal);
  if (number === null) return null;
  return {
    createdAt: Number(number >> LOW_BITS) + EPOCH,
    tag: Number((number >> PLACE_BITS) & 0x3fffn),
    position: Number(number & 0xffn),
  };
}

/** Id of what has a name here and a number there: bots, models, voices, tools, the one workspace and its user. */
export function namedId(
  kind: 'bot' | 'model' | 'voice' | 'workspace' | 'user' | 'plugin' | 'api',
  name: string,
): string {
  const key = `${kind}/${name}`;
  let id = named.get(key);
  if (id === undefined) {
    id = (createHash('sha256').update(key).digest().readBigUInt64BE() >> 1n).toString();
    if (named.size >= MAX_NAMED) named.clear();
    named.set(key, id);
  }
  return id;
}

const MAX_NAMED = 10_000;
const named = new Map<string, string>();

function time(ms: number): bigint {
  return BigInt.asUintN(TIME_BITS, BigInt(ms - EPOCH));
}

function readDecimal(decimal: string): bigint | null {
  if (!/^\d{1,19}$/.test(decimal)) return null;
  const number = BigInt(decimal);
  return number < MAX ? number : null;
}
