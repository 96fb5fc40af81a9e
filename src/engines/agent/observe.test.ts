import { expect, test } from 'vitest';
import type { RunFile } from '../../runs/run-file.ts';
import type { ToolPart } from '../../tools/tool-part.ts';
import { observe } from './observe.ts';

const text = (of: string): ToolPart => ({ kind: 'text', text: of });
const json = (value: unknown): ToolPart => ({ kind: 'json', value });
const file = (mimeType: string): ToolPart => ({
  kind: 'file',
  data: new Uint8Array(),
  mimeType,
  filename: 'x',
});
const kept = (filename: string) => ({ filename }) as RunFile;

test('texts first, then links and files in words, then JSON', () => {
  const parts = [
    json({ a: 1 }),
    text('one'),
    { kind: 'link', url: 'https://a.example/' } as const,
    file('image/png'),
    text('two'),
  ];
  expect(observe(parts, [kept('chart.png')])).toBe(
    [
      'one',
      'The result is at https://a.example/ and the user should be told this address.',
      'The tool made the image chart.png, and the user has got it already: say so, do not make it again.',
      'two',
      '{"a":1}',
    ].join('\n'),
  );
});

test('each file has its own words, also where one was not kept', () => {
  const told = observe(
    [file('application/pdf'), file('image/png'), file('image/png')],
    [kept('a.pdf'), null, kept('b.png')],
  );
  expect(told.split('\n')).toEqual([
    expect.stringContaining('the file a.pdf'),
    'The tool made an image that cannot be kept here; the user does not see it.',
    expect.stringContaining('the image b.png'),
  ]);
});

test('JSON that a text has said already, or that came before, is not repeated', () => {
  expect(observe([text('{"a":1}'), json({ a: 1 }), json({ b: 2 }), json({ b: 2 })], [])).toBe(
    '{"a":1}\n{"b":2}',
  );
});

test('a tool that answers nothing says nothing', () => {
  expect(observe([], [])).toBe('');
  expect(observe([text(''), text('')], [])).toBe('');
});

test('what is too long is cut, between characters, and says so', () => {
  const told = observe([text('🥊'.repeat(60_000))], []);
  expect(told).toMatch(/\n… \(cut: the tool answered 120000 characters\)$/);
  expect(told.isWellFormed()).toBe(true);
  expect(told.length).toBeLessThan(100_100);
  const fits = 'x'.repeat(100_000);
  expect(observe([text(fits)], [])).toBe(fits);
  // The calls of one round share what a model can be told.
  expect(observe([text(fits)], [], { calls: 4 })).toBe(fits);
  expect(observe([text(fits)], [], { calls: 8 })).toBe(
    `${'x'.repeat(50_000)}\n… (cut: the tool answered 100000 characters)`,
  );
});

test('a file that cannot be shown where the answer goes is not said to be', () => {
  const file = { kind: 'file', data: new Uint8Array(1), mimeType: 'image/png', filename: 'x.png' } as const;
  const kept = { filename: 'x.png' } as RunFile;
  expect(observe([file], [kept])).toContain('the user has got it already');
  expect(observe([file], [kept], { shown: false })).toContain('cannot be shown to the user here');
});
