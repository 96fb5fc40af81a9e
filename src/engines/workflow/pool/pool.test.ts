import { describe, expect, test } from 'vitest';
import { FILE_IDENTITY } from '../values/file-value.ts';
import { expandTemplate, referencesIn, segmentsOf } from './references.ts';
import { type PoolState, VariablePool } from './variable-pool.ts';

const file = {
  ...{
    dify_model_identity: FILE_IDENTITY,
    id: null,
    type: 'image',
    transfer_method: 'remote_url',
    remote_url: 'u',
  },
  ...{ related_id: 'r', filename: 'a.png', extension: '.png', mime_type: 'image/png', size: 3, url: null },
};
const state: PoolState = [
  [
    'a',
    [
      ['x', { value: { y: { z: 1 }, n: null } }],
      ['list', { value: [1, 2] }],
      ['nil', { value: null }],
      ['f', { value: file }],
    ],
  ],
  ['sys', [['query', { value: 'Hi {{#a.nil#}}' }]]],
];
const pool = VariablePool.from(state);

describe('reading', () => {
  test.each([
    [['a', 'x', 'y', 'z'], 1],
    [['a', 'x', 'n'], null],
    [['a', 'nil'], null],
    [['a', 'x', 'y', 'q'], undefined],
    [['a', 'x', 'n', 'q'], undefined],
    [['a', 'list', '0'], undefined],
    [['a', 'list', 'length'], undefined],
    [['a', 'x', 'constructor'], undefined],
    [['a', 'f', 'name'], 'a.png'],
    [['a', 'f', 'url'], 'u'],
    [['a', 'f', 'size', 'more'], 3],
    [['a', 'f', 'filename'], undefined],
    [['a'], undefined],
    [[], undefined],
    [['b', 'x'], undefined],
  ])('%j is %j', (selector, value) => {
    expect(pool.get(selector)?.value).toEqual(value);
  });
});

describe('templates', () => {
  test.each([
    ['{{#sys.query#}}!', 'Hi {{#a.nil#}}!'],
    ['[{{#a.nil#}}]', '[]'],
    ['{{#a.x.y#}}', '{"z": 1}'],
    ['{{#b.text#}}', 'b.text'],
    ['{{# a.x #}}', '{{# a.x #}}'],
    ['{{#a-b.x#}}', '{{#a-b.x#}}'],
    ['{{#a.nil#}}sys.query{{#a.nil#}}', 'Hi {{#a.nil#}}'],
    ['One. Two.', 'One. Two.'],
    ['', ''],
  ])('%s', (template, text) => {
    expect(expandTemplate(template, pool)).toBe(text);
  });

  test('know what they refer to', () => {
    expect(referencesIn('{{#a.b#}} {{#c.d.e#}} {{#x#}}')).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    expect(segmentsOf('p{{#a.b#}}{{#c.d#}}')).toEqual([
      { kind: 'text', text: 'p' },
      { kind: 'variable', selector: ['a', 'b'] },
      { kind: 'variable', selector: ['c', 'd'] },
    ]);
  });
});

describe('forks', () => {
  test('share what is there, and keep what is set to themselves', () => {
    const base = VariablePool.from(state);
    const fork = base.fork();
    const before = base.variablesOf('sys');
    fork.set('sys', 'query', { value: 'new' });
    fork.setAll('c', { v: [] }, { v: 'array[string]' });
    expect(base.get(['sys', 'query'])?.value).toBe('Hi {{#a.nil#}}');
    expect(base.get(['c', 'v'])).toBeUndefined();
    expect(fork.get(['c', 'v'])).toEqual({ value: [], type: 'array[string]' });
    fork.copyChanges('sys', before, base);
    expect(base.get(['sys', 'query'])?.value).toBe('new');
  });

  test('copy back only what they have changed', () => {
    const base = VariablePool.from([
      [
        'c',
        [
          ['a', { value: 1 }],
          ['b', { value: 1 }],
        ],
      ],
    ]);
    const before = base.variablesOf('c');
    const [one, two] = [base.fork(), base.fork()];
    one.set('c', 'a', { value: 2 });
    two.set('c', 'b', { value: 2 });
    one.copyChanges('c', before, base);
    two.copyChanges('c', before, base);
    expect([base.get(['c', 'a'])?.value, base.get(['c', 'b'])?.value]).toEqual([2, 2]);
  });

  test('are written down as what differs', () => {
    const base = VariablePool.from(state);
    const fork = base.fork();
    fork.set('item', 'i', { value: 1 });
    const written = JSON.parse(JSON.stringify(fork.toState(base))) as PoolState;
    expect(written).toEqual([['item', [['i', { value: 1 }]]]]);
    expect(VariablePool.from(written, base).get(['a', 'nil'])).toEqual({ value: null });
  });
});
