import { expect, test } from 'vitest';
import { isPlainPattern } from './is-plain-pattern.ts';

test.each([
  ...[
    '^a$',
    '^[A-Z]{3}-\\d+$',
    '^\\d{4}-\\d{2}(-\\d{2})?$',
    '^(?:abc)+$',
    '^[^\\]]*$',
    '^\\(\\d+\\)$',
    '^[a-z(|)+*]+$',
  ],
  ...['^(a|b|c)$', '^#?[0-9a-f]{6}$', '^\\+?\\d{3,15}$', '^(\\d{2}:){2}\\d{2}$', '^a??b'],
])('%s is tried', (pattern) => {
  expect(isPlainPattern(pattern)).toBe(true);
});

test.each([
  // exponential, or of a high degree
  ...['^(a+)+$', '^(a|aa)+$', '^([a-z]+)*$', '^(?:a?a?)*$', '^(a{1,9}){9}$', '^((ab?)c)*$', '^(.*a){10}$'],
  ...['^.*a.*b$', '^\\s*x\\s*$', '^a{1,1000}b{1,1000}$', 'a+', '\\s+$', `^${'a?'.repeat(9)}$`],
  // beyond what is looked through
  ...['^(?=a)b', '^(?!a)b', '^(?<n>a)\\k<n>$', '^(a)\\1$', `^${'a'.repeat(200)}$`],
  // none at all, as JavaScript reads them under `u`
  ...['^(', '^[\\w-.]+$', '^\\p{Nope}$', '^\\-$', '^{'],
])('%s is not', (pattern) => {
  expect(isPlainPattern(pattern)).toBe(false);
});

test('what is tried takes no time on long texts', () => {
  const long = `${'a1-'.repeat(100_000)}!`;
  const started = performance.now();
  for (const pattern of ['^[A-Z]{3}-\\d+$', '^[a-z0-9-]+$', '^\\+?[a1-]{3,100}[a-z1-]*$', '^(?:a1-)+$']) {
    expect(isPlainPattern(pattern)).toBe(true);
    new RegExp(pattern, 'u').test(long);
  }
  expect(performance.now() - started).toBeLessThan(1_000);
});
