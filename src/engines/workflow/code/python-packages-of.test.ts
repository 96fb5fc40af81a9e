import { expect, test } from 'vitest';
import { pythonPackagesOf } from './python-packages-of.ts';

test.each<[code: string, packages: string[]]>([
  ['import json, re', []],
  ['import numpy as np, pandas.core as p ; import sympy', ['numpy', 'pandas', 'sympy']],
  ['from PIL.Image import open\nfrom PIL import ImageDraw', ['PIL']],
  [
    'def main():\n    import jieba\n    try: import lxml\n    except ImportError: lxml = None',
    ['jieba', 'lxml'],
  ],
  ['from __future__ import annotations\nfrom . import x\nfrom .y import z\nimport _private', []],
  ['from requests import (\n  get,\n  post,\n)', ['requests']],
  ['import \\\n  yaml, \\\r\n  bs4', ['yaml', 'bs4']],
  ['# import a\n"""\nimport b\n"""\nx = \'import c\\\'\'\ny = "\\"\\nimport d"', []],
  ["x = 'never closed\nimport scipy", ['scipy']],
  ['x = """never closed\nimport scipy', []],
  ['importlib.import_module("numpy")\nimportant = 1\nfromage = 2\nfrom_x = 3', []],
  ['import a\r\nimport b\rimport c', ['a', 'b', 'c']],
  ['', []],
])('%j', (code, packages) => {
  expect(pythonPackagesOf(code)).toEqual(packages);
});

// What took more than time in proportion would not end within the time of a test.
test.each<[what: string, code: string, packages: string[]]>([
  ['backslashes', '\\'.repeat(1_000_000), []],
  ['quotes', '"'.repeat(1_000_001), []],
  ['strings', '"\'"'.repeat(300_000), []],
  ['colons and blanks', ': '.repeat(500_000), []],
  ['blanks', `${' '.repeat(1_000_000)}import a`, ['a']],
  ['names', `import ${'a,'.repeat(400_000)}`, ['a']],
  ['froms', 'from a '.repeat(150_000), []],
  ['comments', '#\n'.repeat(500_000), []],
])('a megabyte of %s', (_, code, packages) => {
  expect(pythonPackagesOf(code)).toEqual(packages);
});
