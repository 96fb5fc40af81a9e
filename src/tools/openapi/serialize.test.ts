import { describe, expect, test } from 'vitest';
import { ToolError } from '../tool-error.ts';
import { buildPath } from './build-path.ts';
import type { ParameterBinding, ParameterStyle, Serialization } from './operation.ts';
import { formPairs, pathText, simpleText } from './serialize.ts';

function binding(style: ParameterStyle, explode: boolean, more: Partial<Serialization> = {}): Serialization {
  return { name: 'p', style, explode, allowReserved: false, json: false, ...more };
}

const LIST = ['a b', 'c&d', 3];
const OBJECT = { x: 1, 'y=': 'ü' };

describe('queries and forms', () => {
  test.each([
    ['form', true, 'a&b', 'p=a%26b'],
    ['form', true, LIST, 'p=a%20b&p=c%26d&p=3'],
    ['form', false, LIST, 'p=a%20b,c%26d,3'],
    ['spaceDelimited', false, LIST, 'p=a%20b%20c%26d%203'],
    ['pipeDelimited', false, LIST, 'p=a%20b%7Cc%26d%7C3'],
    ['pipeDelimited', true, LIST, 'p=a%20b&p=c%26d&p=3'],
    ['form', true, OBJECT, 'x=1&y%3D=%C3%BC'],
    ['form', false, OBJECT, 'p=x,1,y%3D,%C3%BC'],
    ['deepObject', true, OBJECT, 'p%5Bx%5D=1&p%5By%3D%5D=%C3%BC'],
    [
      'deepObject',
      true,
      { a: { b: [1, { c: true }] } },
      'p%5Ba%5D%5Bb%5D%5B0%5D=1&p%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=true',
    ],
    ['deepObject', true, ['a'], 'p%5B0%5D=a'],
    ['deepObject', true, 'a', 'p=a'],
    ['form', true, [], ''],
    ['form', false, [], ''],
    ['form', false, {}, ''],
    ['form', true, [{ a: 1 }, null], 'p=%7B%22a%22%3A1%7D&p='],
    ['form', true, 'half \ud800', 'p=half%20%EF%BF%BD'],
  ] as const)('%s, explode %s, of %j', (style, explode, value, expected) => {
    const pairs = formPairs(binding(style, explode), value);
    expect(pairs.map((pair) => pair.join('=')).join('&')).toBe(expected);
  });

  test('as JSON, and with reserved characters', () => {
    expect(formPairs(binding('form', true, { json: true }), { a: [1] })).toEqual([
      ['p', '%7B%22a%22%3A%5B1%5D%7D'],
    ]);
    const reserved = formPairs(
      binding('form', true, { allowReserved: true }),
      "a/b?c:d@e$f,g!*'()&h=i#j+k[l];m",
    );
    expect(reserved).toEqual([['p', "a/b?c:d@e$f,g!*'()%26h%3Di%23j%2Bk%5Bl%5D%3Bm"]]);
  });
});

describe('paths and headers', () => {
  test.each([
    ['simple', false, 'a/b?c#d', 'a%2Fb%3Fc%23d'],
    ['simple', false, LIST, 'a%20b,c%26d,3'],
    ['simple', false, OBJECT, 'x,1,y%3D,%C3%BC'],
    ['simple', true, OBJECT, 'x=1,y%3D=%C3%BC'],
    ['label', false, 'a', '.a'],
    ['label', true, LIST, '.a%20b.c%26d.3'],
    ['label', true, OBJECT, '.x=1.y%3D=%C3%BC'],
    ['matrix', false, 'a', ';p=a'],
    ['matrix', false, LIST, ';p=a%20b,c%26d,3'],
    ['matrix', true, LIST, ';p=a%20b;p=c%26d;p=3'],
    ['matrix', true, OBJECT, ';x=1;y%3D=%C3%BC'],
    ['matrix', false, OBJECT, ';p=x,1,y%3D,%C3%BC'],
  ] as const)('%s, explode %s, of %j', (style, explode, value, expected) => {
    expect(pathText(binding(style, explode), value)).toBe(expected);
  });

  test.each([
    [false, LIST, 'a b,c&d,3'],
    [false, OBJECT, 'x,1,y=,ü'],
    [true, OBJECT, 'x=1,y==ü'],
    [false, true, 'true'],
  ])('a header, explode %s, of %j', (explode, value, expected) => {
    expect(simpleText(binding('simple', explode), value)).toBe(expected);
  });
});

describe('a path', () => {
  const parameter = (name: string, more: Partial<ParameterBinding> = {}): ParameterBinding => ({
    ...binding('simple', false),
    ...{ argument: name, place: 'path', name },
    ...more,
  });
  const build = (template: string, args: Record<string, unknown>) =>
    buildPath(
      template,
      Object.keys(args).map((name) => parameter(name)),
      args,
    );

  test('has its arguments in their segments', () => {
    expect(build('/a/{x}/b-{y}.json', { x: 'src/main', y: 5 })).toBe('/a/src%2Fmain/b-5.json');
    expect(build('/{x}', { x: 'file.txt' })).toBe('/file.txt');
    expect(build('/{x}', { x: '...' })).toBe('/...');
  });

  test.each([
    ...[
      '.',
      '..',
      '../x',
      'x/..',
      'x/../y',
      '..\\x',
      ' .. /x',
      '..;/x',
      './x',
      '',
      [],
      {},
      null,
      undefined,
      ['a', '..'],
    ],
  ])('%j is refused in it', (x) => {
    expect(() => build('/a/{x}/b', { x })).toThrow(ToolError);
  });

  test('two arguments make no step up', () => {
    const args = { x: '.', y: '.' };
    expect(() => build('/a/{x}{y}', args)).toThrow(ToolError);
    const label = [parameter('x', { style: 'label' })];
    expect(() => buildPath('/a/{x}', label, { x: '.' })).toThrow(ToolError);
    expect(() => buildPath('/a/.{x}', [parameter('x')], { x: '.' })).toThrow(ToolError);
  });
});

/** Numbers that are the same at every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('whatever the values are', () => {
  const NASTY = [...'./\\?#%&=+;:@[]{}<>"\'` \t\r\n\0a1é日', '\ud83d', '%2e', '%2f', '..', '://'];
  const random = randomFrom(1);
  const nasty = () =>
    Array.from(
      { length: 1 + Math.floor(random() * 6) },
      () => NASTY[Math.floor(random() * NASTY.length)],
    ).join('');
  const STYLES: ParameterStyle[] = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'];

  test('a query holds what was meant, and nothing else', () => {
    for (let i = 0; i < 3_000; i++) {
      const value = nasty();
      const allowReserved = random() < 0.3;
      const style = STYLES[i % 4] as ParameterStyle;
      const pairs = formPairs(binding(style, true, { allowReserved }), value);
      const url = new URL(`http://a.example/x?${pairs.map((pair) => pair.join('=')).join('&')}&end=1`);
      expect([...url.searchParams]).toEqual([
        ['p', value.toWellFormed()],
        ['end', '1'],
      ]);
      expect([url.pathname, url.hash]).toEqual(['/x', '']);
    }
  });

  test('fields of an object stay within their parameter', () => {
    for (let i = 0; i < 1_000; i++) {
      const object = { [nasty()]: nasty(), b: { [nasty()]: nasty() } };
      const pairs = formPairs(binding('deepObject', true), object);
      const url = new URL(`http://a.example/?${pairs.map((pair) => pair.join('=')).join('&')}`);
      expect([...url.searchParams.keys()].every((key) => key.startsWith('p['))).toBe(true);
      expect([...url.searchParams]).toHaveLength(pairs.length);
    }
  });

  test('a path has the segments of its template', () => {
    for (let i = 0; i < 3_000; i++) {
      const value = nasty();
      let path: string;
      try {
        path = buildPath(
          '/pets/{x}/photos',
          [{ ...binding('simple', false), argument: 'x', place: 'path', name: 'x' }],
          { x: value },
        );
      } catch (error) {
        expect(error).toMatchObject({ kind: 'arguments' });
        continue;
      }
      const url = new URL(`http://a.example${path}`);
      expect([url.host, url.search, url.hash]).toEqual(['a.example', '', '']);
      const segments = url.pathname.split('/');
      expect([segments.length, segments[1], segments[3]]).toEqual([4, 'pets', 'photos']);
      expect(decodeURIComponent(segments[2] ?? '')).toBe(value.toWellFormed());
    }
  });
});
