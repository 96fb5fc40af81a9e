import { describe, expect, test } from 'vitest';
import type { ValueRecord } from '../values/value.ts';
import { JinjaError } from './jinja-error.ts';
import { recordedTemplates, recordedVariables } from './recorded.fixture.ts';
import { nullVariables, recordedWithNull } from './recorded-null.fixture.ts';
import { DEFAULT_TEMPLATE_LIMITS, renderTemplate } from './render-template.ts';

function outcome(source: string, variables: ValueRecord = {}): { ok: string } | { err: string } {
  try {
    return { ok: renderTemplate(source, variables) };
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error;
    return { err: `${error.type.split('.').at(-1)}: ${error.message}` };
  }
}

describe('as Jinja2 renders it', () => {
  test.each(recordedTemplates)('%s', (source, result) => {
    expect(outcome(source, recordedVariables as unknown as ValueRecord)).toEqual(result);
  });

  test.each(recordedWithNull)('with None: %s', (source, result) => {
    expect(outcome(source, nullVariables)).toEqual(result);
  });

  test('names may be of any script, and errors know their line', () => {
    expect(outcome('{{ 名前 }}', { 名前: '花子' })).toEqual({ ok: '花子' });
    const wrong = () => renderTemplate('a\n\n{% if 1 %}\n{{ x.y }}\n{% endif %}', {});
    expect(wrong).toThrow(expect.objectContaining({ line: 4, message: "'x' is undefined" }));
    const broken = () => renderTemplate('a\n{{ 1 +* 2 }}', {});
    expect(broken).toThrow(expect.objectContaining({ line: 2 }));
  });

  test('a template does not change the variables of others', () => {
    const list = Object.freeze(['a']);
    const variables = { list, map: Object.freeze({ a: 1 }) };
    const source = "{% set _ = list.append('b') %}{% set _ = map.update({'b': 2}) %}{{ list }}{{ map }}";
    expect(renderTemplate(source, variables)).toBe("['a', 'b']{'a': 1, 'b': 2}");
    expect(variables).toEqual({ list: ['a'], map: { a: 1 } });
  });
});

describe('nothing of the host can be reached', () => {
  test.each([
    "{{ ''.constructor }}",
    "{{ ''.constructor.constructor('return process')() }}",
    "{{ ''['constructor'] }}",
    '{{ [].map.constructor }}',
    '{{ [].__proto__ }}',
    '{{ {}.__proto__ }}',
    '{{ {}.constructor }}',
    '{{ (1).toString }}',
    '{{ range.constructor }}',
    '{{ range.call }}',
    '{{ range.prototype }}',
    '{{ loop.constructor }}',
    "{{ ''.__class__.__mro__ }}",
    "{{ ''|attr('constructor') }}",
    "{{ [{}]|map(attribute='__proto__')|list }}",
    "{{ [{}]|map(attribute='constructor.name')|list }}",
    '{{ namespace.__init__ }}',
    '{{ self }}',
    '{{ process }}',
    '{{ globalThis }}',
    '{{ 1|constructor }}',
    '{{ 1 is __proto__ }}',
    '{% set ns = namespace() %}{{ ns.__proto__ }}{{ ns.constructor }}',
    "{% for x in [1] %}{{ loop['constructor'] }}{% endfor %}",
    "{% set ns = namespace() %}{% set ns.__proto__ = {'polluted': 1} %}{{ {}.polluted }}",
    '{{ dict(__proto__=1).polluted }}',
    '{% macro m() %}{% endmacro %}{{ m.constructor }}{{ m.call }}',
  ])('%s', (source) => {
    const result = outcome(source);
    const text = 'ok' in result ? result.ok : result.err;
    expect(text).toMatch(/^$|undefined|has no attribute|No filter|No test|^\[(?:Undefined)?\]$/);
    expect(text).not.toMatch(/function|native|object Object/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a template ends, whatever is in it', () => {
  const items = Array.from({ length: 1000 }, (_, at) => at);
  test.each([
    [
      'a loop in a loop in a loop',
      '{% for a in l %}{% for b in l %}{% for c in l %}{{ c }}{% endfor %}{% endfor %}{% endfor %}',
    ],
    [
      'loops without output',
      '{% for a in range(1000000) %}{% for b in range(1000000) %}{% endfor %}{% endfor %}',
    ],
    ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    [
      'a macro that calls itself twice',
      '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}',
    ],
    [
      'text that doubles',
      "{% set ns = namespace(t='aaaaaaaa') %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
    ],
    ['a long text at once', "{{ 'a' * 1000000000 }}"],
    ['a long list at once', '{{ [0] * 100000000 }}'],
    [
      'a list that grows',
      '{% set l2 = [1] %}{% for i in range(100) %}{% set _ = l2.extend(l2) %}{% endfor %}',
    ],
    ['a wide number', "{{ '%09999d'|format(1) * 1000 }}"],
    ['padding', "{{ 'a'.center(100000000) }}"],
    ['indent', "{{ ('a\\n' * 90000) | indent(1000) }}"],
    ['replace', "{{ ('a' * 100000).replace('a', 'b' * 1000) }}"],
    ['join', "{{ ('a' * 1000).join(l|map('string')|list) * 1 }}"],
    ['brackets', `{{ ${'['.repeat(5000)}1${']'.repeat(5000)} }}`],
    ['nots', `{{ ${'not '.repeat(5000)}1 }}`],
    ['signs', `{{ ${'- '.repeat(5000)}1 }}`],
    ['blocks', '{% if 1 %}'.repeat(5000) + '{% endif %}'.repeat(5000)],
    ['a list within itself', '{% set a = [] %}{% set _ = a.append(a) %}{{ a }}'],
    [
      'a list that holds itself twice, and again',
      '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}',
    ],
    [
      'two of them compared',
      '{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}',
    ],
    [
      'as JSON',
      '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a|tojson }}',
    ],
    ['a recursive loop', '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}'],
    ['unique', '{{ d.items()|unique|list|length }}'],
    [
      'an index into a long text',
      "{% set t = 'é😀' * 100000 %}{% for i in range(100000) %}{{ t[7] }}{% endfor %}",
    ],
    [
      'a long text in capitals',
      "{% set t = 'é' * 300000 %}{% for i in range(100000) %}{% set u = t.upper() %}{% endfor %}",
    ],
    [
      'a long text that is no number',
      "{% set t = '1' * 399999 ~ 'x' %}{% for i in range(1000) %}{% set u = t|float %}{% set u = t|int(0, 16) %}{% endfor %}",
    ],
    [
      'spaces behind a word',
      "{% set t = 'a' * 150000 ~ ' ' * 150000 %}{% for i in range(1000) %}{% set u = t|wordwrap(1) %}{% endfor %}",
    ],
    ['nested groups', "{% for i in range(100000) %}{{ r|groupby('x') }}{% endfor %}"],
  ])('%s', (_, source) => {
    const from = performance.now();
    const result = outcome(source, {
      l: items,
      r: items.map((x) => ({ x })),
      d: Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [`k${at}`, at])),
    });
    expect(performance.now() - from).toBeLessThan(3000);
    expect(result).toMatchObject({
      err: expect.stringMatching(/^(?:TimeoutError|MemoryError|RecursionError|TemplateSyntaxError): /),
    });
  });

  const numbers = Array.from({ length: 8000 }, (_, at) => at);
  const text = 'a'.repeat(80_000);
  const deep = (list: readonly number[]) => list.map((at) => ({ at: [at] }));
  const manyTimes = (expression: string) => `{% for i in range(10) %}{% set x = ${expression} %}{% endfor %}`;
  test.each([
    ['a == b', 'the same'],
    ['a != b', 'the same'],
    ['a < b', 'the same'],
    ['da == db', 'of any depth'],
    ['[0] + a == [0] + b', 'made anew'],
    ['-1 in a', 'none'],
    ['a in [b]', 'lists in lists'],
    ['a.count(0)', 'one'],
    ['a.index(7999)', 'the last'],
    ["[a]|select('equalto', b)|list", 'as a test'],
    ["[a]|selectattr('0', 'in', [])|list + [a == b]", 'as a test of a part'],
    ['[a, b]|max', 'an order'],
    ['[a, b]|sort', 'a sort'],
    ['d.items()|list', 'items'],
    ['d.copy()', 'a copy'],
    ['dict(d)', 'another copy'],
  ])('what is compared or copied is paid for: %s (%s)', (expression) => {
    const d = Object.fromEntries(numbers.map((at) => [`k${at}`, at]));
    const variables = { a: numbers, b: [...numbers], da: deep(numbers), db: deep(numbers), d };
    const render = (work: number) => () =>
      renderTemplate(manyTimes(expression), variables, { ...DEFAULT_TEMPLATE_LIMITS, work });
    expect(render(500_000)).not.toThrow();
    expect(render(10 * (numbers.length / 8))).toThrow('too much work');
  });

  test.each([
    's == t',
    's < t',
    's != t ~ 1 and s <= t',
    's.upper()',
    "s.find('b')",
    's is lower',
    's[9]',
    's|int',
  ])('so are characters: %s', (expression) => {
    const variables = { s: text, t: [...text].join('') };
    const render = (work: number) => () =>
      renderTemplate(manyTimes(expression), variables, { ...DEFAULT_TEMPLATE_LIMITS, work });
    expect(render(200_000)).not.toThrow();
    expect(render(10 * (text.length / 300))).toThrow('too much work');
  });

  test('unique takes many items, as long as they can be keys', () => {
    expect(outcome('{{ (n + n)|unique|list|length }}', { n: numbers })).toEqual({ ok: '8000' });
    expect(outcome("{{ [1, 1.0, true, 'A', 'a', none, x, y, (1, 2), (1, 2)]|unique|list }}")).toEqual({
      ok: "[1, 'A', None, Undefined, (1, 2)]",
    });
    expect(outcome('{{ [[1], [1]]|unique|list }}')).toEqual({ err: "TypeError: unhashable type: 'list'" });
  });

  test('texts are in the order of their characters, not of their units', () => {
    expect(outcome("{{ ['\uffee', '😀', 'a', '']|sort }}")).toEqual({ ok: "['', 'a', '\uffee', '😀']" });
  });

  test("an output longer than the limit is refused in Dify's words", () => {
    expect(outcome("{{ 'a' * 400001 }}")).toEqual({
      err: 'MemoryError: Output length exceeds 400000 characters',
    });
    expect(outcome("{{ 'a' * 400000 }}")).toEqual({ ok: 'a'.repeat(400_000) });
    expect(() => renderTemplate('{{ 1 + 1 }}', {}, { ...DEFAULT_TEMPLATE_LIMITS, work: 2 })).toThrow(
      'too much work',
    );
  });

  test.each([
    ["{{ ('<' * 300000)|striptags|length }}", '300000'],
    ["{{ ('<!--' * 80000 ~ '>')|striptags|length }}", '0'],
    ["{{ (' ' * 300000 ~ 'x')|trim }}", 'x'],
    ["{{ '{'.join(['a'] * 9).format() if 0 else ('{a' * 100000)|length }}", '200000'],
    ["{{ ('a' * 300000)|title|length }}", '300000'],
    ["{{ ('a ' * 100000)|wordwrap(1)|length > 5 }}", 'True'],
  ])('text methods take no more time than their text is long: %s', (source, text) => {
    const from = performance.now();
    expect(renderTemplate(source, {})).toBe(text);
    expect(performance.now() - from).toBeLessThan(1000);
  });

  test('large but honest templates pass', () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({ id: at, name: `n${at}`, tags: ['a', 'b'] }));
    const source =
      "{% for r in rows %}{{ loop.index }}. {{ r.name|upper }} ({{ r.tags|join(', ') }}){% if not loop.last %}\n{% endif %}{% endfor %}";
    expect(renderTemplate(source, { rows }).split('\n')).toHaveLength(5000);
  });
});
