import { expect, test } from 'vitest';
import { html } from '../../src/surfaces/pages/html.ts';
import { prose } from '../../src/surfaces/pages/prose.ts';
import { schemaRows, typeName } from '../../src/surfaces/pages/schema-rows.ts';

test('values are escaped, in text and in attributes; HTML of html`` is not escaped again', () => {
  const inner = html`<b title="${`"'<&>`}">${'<i>'}</b>`;
  expect(String(html`<p>${inner}</p>`)).toBe('<p><b title="&quot;&#39;&lt;&amp;&gt;">&lt;i&gt;</b></p>');
});

test('lists are joined, nothing is nothing, and 0 is a number', () => {
  expect(String(html`${[1, [html`<br>`, '&'], null, undefined, false, 0]}`)).toBe('1<br>&amp;0');
});

test('an object that looks like HTML is not taken for it', () => {
  const forged = { toString: () => '<script>' } as never;
  expect(() => String(html`${forged}`)).toThrow();
});

test('backquotes mark code, and what is in them is text', () => {
  expect(String(prose('Use `<x>` & go'))).toBe('Use <code>&lt;x&gt;</code> &amp; go');
});

test('rows of nested objects and lists follow their parent', () => {
  const schema = {
    type: 'object',
    required: ['data'],
    properties: {
      data: {
        type: 'array',
        items: { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } },
      },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    },
  };
  expect(schemaRows(schema)).toEqual([
    { name: 'data', depth: 0, type: 'list of objects', required: true, description: '' },
    { name: 'id', depth: 1, type: 'string (uuid)', required: false, description: '' },
    { name: 'limit', depth: 0, type: 'integer', required: false, description: '1 to 100. Default: 20.' },
  ]);
});

test.each([
  [{ type: ['string', 'null'] }, 'string or null'],
  [{ anyOf: [{ enum: ['a', 'b'] }, { type: 'null' }] }, '"a" or "b" or null'],
  [{ const: 'x' }, '"x"'],
  [{ type: 'array', items: {} }, 'list'],
  [{}, 'anything'],
])('%j is said as %s', (schema, text) => {
  expect(typeName(schema)).toBe(text);
});
