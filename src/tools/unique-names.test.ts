import { expect, test } from 'vitest';
import { uniqueNames } from './unique-names.ts';

test('what is taken gets its suffix, then a number', () => {
  const unique = uniqueNames();
  expect(['id', 'id', 'id', 'id'].map((name) => unique(name, 'query'))).toEqual([
    ...['id', 'id_query', 'id_query_2', 'id_query_3'],
  ]);
  expect(['a.b', 'a/b', 'a_b_3', 'a b', 'a?b'].map((name) => unique(name))).toEqual([
    ...['a_b', 'a_b_2', 'a_b_3', 'a_b_4', 'a_b_5'],
  ]);
});

test.each([
  ['one name', () => 'name'],
  ['long names that differ at their ends', (index: number) => `${'x'.repeat(60)}${index % 5_000}`],
  ['names that have numbers already', (index: number) => (index < 10_000 ? `name_${index}` : 'name')],
])('thousands of %s take no long search', (_, nameOf) => {
  const unique = uniqueNames();
  const before = performance.now();
  const names = new Set(Array.from({ length: 20_000 }, (_, index) => unique(nameOf(index))));
  expect(names.size).toBe(20_000);
  expect([...names].every((name) => name.length <= 64)).toBe(true);
  expect(performance.now() - before).toBeLessThan(1_500);
});
