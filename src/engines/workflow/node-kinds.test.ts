import { expect, test } from 'vitest';
import { nodeKinds } from './node-kinds.ts';

test('retries are for the kinds that have them in Dify (`facts/dify-dsl-engine.md` §4)', () => {
  const types = nodeKinds.filter(({ retries }) => retries === true).flatMap((kind) => kind.types);
  expect(types.toSorted()).toEqual(['code', 'http-request', 'llm', 'tool']);
});
