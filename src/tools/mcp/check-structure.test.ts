import { expect, test } from 'vitest';
import { ToolError } from '../tool-error.ts';
import { checkStructure } from './check-structure.ts';

test('a schema whose checks take long holds nobody up for long, however often it is used', () => {
  const schema = { type: 'object', properties: { n: { type: 'string', pattern: '^(a+)+$' } } };
  const value = { n: `${'a'.repeat(60)}!` };
  const before = process.threadCpuUsage();
  for (let call = 0; call < 50; call++) checkStructure(schema, value);
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(1_000);
});

test('a schema is used again and again', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } } };
  for (let call = 0; call < 2; call++) {
    checkStructure(schema, { n: 1 });
    expect(() => checkStructure(schema, { n: 'x' })).toThrow(ToolError);
  }
});

test('a schema that is none promises nothing', () => {
  for (let call = 0; call < 2; call++) checkStructure({ properties: { n: { pattern: '(' } } }, { n: 'x' });
});
