import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  FIRST_CALL_MS,
  type SandboxUnderTest,
  sandboxUnderTest,
} from '../../../sandbox/sandbox-under-test.ts';
import { checkOutputs } from '../code/check-outputs.ts';
import type { CodeOutput } from '../code/code-outputs.ts';
import { withFloats } from '../code/with-floats.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';

let sandbox: SandboxUnderTest;
beforeAll(async () => {
  sandbox = sandboxUnderTest();
  await Promise.all([sandbox.python('def main(): pass'), sandbox.javascript('function main() {}')]);
}, FIRST_CALL_MS);
afterAll(() => sandbox.close());

const start = node('start', 'start', { variables: [{ variable: 'v' }] });

async function run(code: string, outputs: object, more: object = {}, signal?: AbortSignal) {
  const data = {
    ...{ code_language: 'python3', code, outputs },
    ...{
      variables: [
        { variable: 'v', value_selector: ['start', 'v'] },
        { variable: 'gone', value_selector: ['x', 'y'] },
      ],
    },
    ...more,
  };
  const graph = readOrThrow([start, node('code', 'code', data)], edges('start -> code'));
  const played = await play(graph, {
    inputs: { v: { a: ['x', 'ü'] } },
    services: { sandbox },
    ...(signal && { signal }),
  });
  const finished = played.events.find((event) => event.kind === 'node_finished' && event.nodeId === 'code');
  return { ...played.outcome, finished: finished?.kind === 'node_finished' ? finished : null };
}

describe('code runs in the sandbox', () => {
  test('python', async () => {
    const { finished } = await run('def main(v, gone):\n  return {"o": v, "n": gone, "s": str(v)}', {
      ...{ o: { type: 'object', children: null }, n: { type: 'number' }, s: { type: 'string' } },
    });
    expect(finished).toMatchObject({
      status: 'succeeded',
      inputs: { v: { a: ['x', 'ü'] }, gone: null },
      outputs: { o: { a: ['x', 'ü'] }, n: null, s: "{'a': ['x', 'ü']}" },
    });
  });

  test('javascript', async () => {
    const { finished } = await run(
      'function main({ v }) { return { n: v.a.length } }',
      { n: { type: 'number' } },
      { code_language: 'javascript' },
    );
    expect(finished).toMatchObject({ status: 'succeeded', outputs: { n: 2 } });
  });

  test('errors of the code are errors of the node', async () => {
    const { error, finished } = await run('def main(v, gone):\n  return 1 / 0', {});
    expect(error).toMatch(/ZeroDivisionError: division by zero/);
    expect(finished).toMatchObject({ status: 'failed', errorType: 'CodeExecutionError' });
    expect((await run('def main(v, gone):\n  return [1]', {})).error).toBe('Result must be a dict, got list');
  });

  test('outputs are checked, and empty lists know what they are lists of', async () => {
    const outputs = { l: { type: 'array[string]' } };
    expect((await run('def main(v, gone):\n  return {"l": 5}', outputs)).error).toBe(
      "Output l is not an array, got <class 'int'> instead.",
    );
    const graph = readOrThrow(
      [
        start,
        node('code', 'code', {
          code_language: 'javascript',
          code: 'function main() { return { l: [] } }',
          outputs,
        }),
        node('keep', 'assigner', {
          assigned_variable_selector: ['conversation', 'l'],
          input_variable_selector: ['code', 'l'],
        }),
        node('set', 'assigner', {
          version: '2',
          items: [
            {
              variable_selector: ['conversation', 'l'],
              operation: 'append',
              input_type: 'variable',
              value: ['start', 'v'],
            },
          ],
        }),
      ],
      edges('start -> code -> keep -> set'),
    );
    const given = { inputs: { v: 5 }, conversation: { l: null }, services: { sandbox } };
    expect((await play(graph, given)).outcome.error).toBe('Invalid input value 5');
  });

  test('a stop ends a busy loop', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('Stopped by user.')), 100);
    const from = performance.now();
    const { status } = await run('def main(v, gone):\n  while True: pass', {}, {}, controller.signal);
    expect(status).toBe('stopped');
    expect(performance.now() - from).toBeLessThan(1000);
  });
});

describe('outputs', () => {
  const check = (result: Value, outputs: Readonly<Record<string, CodeOutput>>): ValueRecord | string => {
    try {
      return checkOutputs(withFloats(result) as ValueRecord, outputs);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const one = (value: Value, type: CodeOutput['type'], children?: Readonly<Record<string, CodeOutput>>) =>
    check({ x: value }, { x: { type, children: children ?? null } });

  test.each<readonly [Value, CodeOutput['type'], Value]>([
    ['a\u0000b', 'string', 'ab'],
    [true, 'number', 1],
    ['1.5e+3', 'number', 1500],
    ['-2E-1', 'number', -0.2],
    [null, 'string', null],
    [null, 'array[string]', null],
    [[null, 'a'], 'array[string]', [null, 'a']],
    [[1, true], 'array[number]', [1, 1]],
    [[true], 'array[boolean]', [true]],
    [[null, {}], 'array[object]', [null, {}]],
    [{ a: [1, 2], b: ['x'], c: [{}], d: null }, 'object', { a: [1, 2], b: ['x'], c: [{}], d: null }],
  ])('%j as %s', (value, type, result) => {
    expect(one(value, type)).toEqual({ x: result });
  });

  test.each<readonly [Value, CodeOutput['type'], string]>([
    [1, 'string', 'Output x must be a string, got int instead.'],
    ['1', 'number', "Output x is not a number, got <class 'str'> instead."],
    ['1', 'object', "Output x is not an object, got <class 'str'> instead."],
    [1, 'boolean', "Output x is not a boolean, got <class 'int'> instead."],
    ['1', 'array[string]', "Output x is not an array, got <class 'str'> instead."],
    [['a', 1], 'array[string]', 'Output x[1] must be a string, got int instead.'],
    [[1, null], 'array[number]', 'The element at index 1 of output variable `x` must be a number.'],
    [[1], 'array[object]', "Output x[0] is not an object, got <class 'int'> instead at index 0."],
    [
      1e19,
      'number',
      'Output variable `x` is out of range, it must be between -9223372036854775807 and 9223372036854775807.',
    ],
    ['a'.repeat(400_001), 'string', 'The length of output variable `x` must be less than 400000 characters'],
    [
      Array(31).fill('a'),
      'array[string]',
      'The length of output variable `x` must be less than 30 elements.',
    ],
    [Array(31).fill({}), 'array[object]', 'The length of output variable `x` must be less than 30 elements.'],
    [
      Array(1001).fill(1),
      'array[number]',
      'The length of output variable `x` must be less than 1000 elements.',
    ],
    [{ a: { b: { c: { d: { e: {} } } } } }, 'object', 'Depth limit 5 reached, object too deep.'],
    [
      { a: [1, 'b'] },
      'object',
      'Output x.a is not a valid array. make sure all elements are of the same type.',
    ],
  ])('%j as %s fails', (value, type, message) => {
    expect(one(value, type)).toBe(message);
  });

  test('every output must be there, and no other', () => {
    expect(check({}, { a: { type: 'string' } })).toBe('Output a is missing.');
    expect(check({ a: 'x', b: 1 }, { a: { type: 'string' } })).toBe(
      'Not all output parameters are validated.',
    );
    expect(check({ a: 1 }, {})).toBe('Not all output parameters are validated.');
    expect(one({ b: 1 }, 'object', { c: { type: 'number' } })).toBe('Output x.c is missing.');
    expect(one([{ c: 1 }], 'array[object]', { c: { type: 'number' } })).toEqual({ x: [{ c: 1 }] });
  });
});
