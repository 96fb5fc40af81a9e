import { describe, expect, test } from 'vitest';
import { newId } from '../../store/new-id.ts';
import { comparePlaces, tagOf } from '../../store/place.ts';
import { POSITIONS } from '../../store/positions.ts';
import { SHORT_ID_LENGTH } from '../../store/short-id.ts';
import { decimalId, messageId, namedId, readMessageId, shortIdOf } from './ids.ts';

/** The first and the last moment of the 41 bits, which last until 2079. */
const FIRST = Date.UTC(2010);
const LAST = FIRST + 2 ** 41 - 1;

/** A UUID (version 7) of that moment, all other bits zero or one. */
function uuidAt(ms: number, ones: boolean): string {
  const time = ms.toString(16).padStart(12, '0');
  const rest = ones ? '7fff-bfff-ffffffffffff' : '7000-8000-000000000000';
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest}`;
}

const extremes = [FIRST, LAST].flatMap((ms) => [uuidAt(ms, false), uuidAt(ms, true)]);

const garbage = [
  '',
  'x',
  '-1',
  '+1',
  '1.5',
  '1e3',
  ' 1',
  '1\n',
  '0x10',
  '٣',
  'null',
  (2n ** 63n).toString(),
  '9'.repeat(19),
  '1'.repeat(20),
  '0'.repeat(100),
  newId(),
];

describe('ids of conversations, files and sections', () => {
  test('name the beginning of the UUID that they were made of', () => {
    for (const uuid of [...extremes, ...Array.from({ length: 1000 }, newId)]) {
      const id = decimalId(uuid);
      expect(BigInt(id)).toBeLessThan(2n ** 63n);
      expect(shortIdOf(id)).toBe(uuid.slice(0, SHORT_ID_LENGTH));
    }
  });

  test('have 19 digits today, and grow with time', () => {
    expect(decimalId(newId())).toMatch(/^[1-9]\d{18}$/);
    const made = Array.from({ length: 41 }, (_, i) => BigInt(decimalId(uuidAt(FIRST + 2 ** i, false))));
    expect(made).toEqual(made.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test('differ in every bit of the beginning', () => {
    const uuid = '0190a6c5-8b3e-7a5c-9d3f-000000000000';
    const others = [
      '0190a6c5-8b3f-7a5c-9d3f-000000000000',
      '0190a6c5-8b3e-7a5d-9d3f-000000000000',
      '0190a6c5-8b3e-7a5c-ad3f-000000000000',
      '0190a6c5-8b3e-7a5c-9d2f-000000000000',
    ];
    for (const other of others) expect(decimalId(other)).not.toBe(decimalId(uuid));
    // The last digits of the group are no part of it.
    expect(decimalId('0190a6c5-8b3e-7a5c-9d30-ffffffffffff')).toBe(decimalId(uuid));
  });

  test.each(garbage)('%j is none', (text) => {
    expect(shortIdOf(text)).toBeNull();
    expect(readMessageId(text)).toBeNull();
  });

  test.each(['0', '1', '007', (2n ** 63n - 1n).toString()])('%s names something, found or not', (text) => {
    expect(shortIdOf(text)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{2}$/);
    expect(readMessageId(text)).not.toBeNull();
  });
});

describe('ids of chats and messages', () => {
  test('name time, tag and position', () => {
    const rows = [...extremes, newId(), newId()];
    for (const id of rows)
      for (const created_at of [FIRST, FIRST + 1, Date.now(), LAST])
        for (const position of [0, 1, ...Object.values(POSITIONS), 255])
          expect(readMessageId(messageId({ id, created_at }, position))).toEqual({
            createdAt: created_at,
            tag: tagOf(id),
            position,
          });
  });

  test('are in the order of their places', () => {
    const places = [];
    for (let i = 0; i < 200; i++) {
      const row = { id: newId(), created_at: FIRST + (i % 7) };
      places.push({ createdAt: row.created_at, tag: tagOf(row.id), position: i, id: messageId(row, i) });
    }
    const byPlace = places.toSorted(comparePlaces).map(({ id }) => id);
    const byNumber = places.map(({ id }) => id).toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    expect(byPlace).toEqual(byNumber);
  });

  test('a tag is 14 bits of the UUID', () => {
    expect(tagOf(uuidAt(FIRST, false))).toBe(0);
    expect(tagOf(uuidAt(FIRST, true))).toBe(2 ** 14 - 1);
    expect(tagOf('00000000-0000-7001-8000-000000000000')).toBe(0x400);
    expect(tagOf('00000000-0000-7000-b0ff-000000000000')).toBe(0x30f);
  });

  test('of ids that one process makes at once, no two are alike', () => {
    const at = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    const ids = Array.from({ length: 5000 }, newId).map((id) => messageId({ id, created_at: at(id) }, 0));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('names have the same number always, and one per kind', () => {
  expect(namedId('bot', 'assistant')).toBe(namedId('bot', 'assistant'));
  const ids = [namedId('bot', 'a'), namedId('bot', 'b'), namedId('voice', 'a'), namedId('user', 'a')];
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(BigInt(id)).toBeLessThan(2n ** 63n);
});
