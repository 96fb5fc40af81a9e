/** The same as `recorded.fixture.ts`, where variables are None: something else than not being there. */
export const nullVariables = {
  x: null,
  d: { a: null, b: [null] },
  l: [null, 1],
  users: [{ name: null }, { name: 'a' }],
};

export const recordedWithNull: readonly (readonly [
  source: string,
  result: { readonly ok: string } | { readonly err: string },
])[] = [
  ['{{ x }}', { ok: 'None' }],
  [
    '{{ d.a }} {{ d["a"] }} {{ d.b[0] }} {{ l[0] }} {{ l|first }} {{ [1,none]|last }}',
    { ok: 'None None None None None None' },
  ],
  [
    '{{ x is defined }} {{ x is none }} {{ d.a is defined }} {{ x|default("q") }} {{ x|default("q", true) }} {{ x or "z" }}',
    { ok: 'True True True None q z' },
  ],
  ['{{ d.get("a", 5) }} {{ d.get("a") }} {{ d.get("q") }}', { ok: 'None None None' }],
  [
    '{% macro m(a=1) %}{{ a }}{% endmacro %}{{ m(none) }} {{ m(x) }} {{ m(a=none) }} {{ m() }}',
    { ok: 'None None None 1' },
  ],
  [
    '{{ users|map(attribute="name")|list }} {{ users|map(attribute="name", default="d")|list }} {{ users|selectattr("name")|list }} {{ users|map(attribute="name")|join("-") }}',
    { ok: "[None, 'a'] [None, 'a'] [{'name': 'a'}] None-a" },
  ],
  ['{% for y in l %}{{ y }}{{ loop.previtem }}{{ loop.nextitem }}{% endfor %}', { ok: 'None11None' }],
  [
    '{% set q = none %}{{ q }}{% set ns = namespace(v=none) %}{{ ns.v }}{% set ns.v = none %}{{ ns.v }}',
    { ok: 'NoneNoneNone' },
  ],
  ['{{ "a"|int(none) }} {{ "a"|float(none) }} {{ missing|default(none) }}', { ok: 'None None None' }],
  [
    '{{ dict(a=none).a }} {{ {"a": none}.a }} {{ {none: 1} }} {{ d.pop("a") }} {{ d.setdefault("b", 1) }}',
    { ok: 'None None {None: 1} None [None]' },
  ],
  ['{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}', { ok: 'a=None;b=[None];' }],
  ['{% if x %}y{% else %}n{% endif %}', { ok: 'n' }],
  ['{{ x.y }}', { ok: '' }],
  ['{{ x + 1 }}', { err: "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'" }],
  ['{{ x ~ "a" }}', { ok: 'Nonea' }],
  ['{{ x|length }}', { err: "TypeError: object of type 'NoneType' has no len()" }],
  ['{% for a in x %}{% endfor %}', { err: "TypeError: 'NoneType' object is not iterable" }],
  ['{{ x|upper }} {{ x|string }} {{ x|tojson }} {{ [x]|tojson }}', { ok: 'NONE None null [null]' }],
  ['{{ x == none }} {{ x == 0 }} {{ x in l }}', { ok: 'True False True' }],
  ['{{ (none, 1)[0] }}', { ok: 'None' }],
  ['{{ loop is defined }}', { ok: 'False' }],
  ['{{ l|map("default", "z")|list }}', { ok: '[None, 1]' }],
  [
    '{{ users|groupby("name", default="")|list|length }}',
    { err: "TypeError: '<' not supported between instances of 'str' and 'NoneType'" },
  ],
  ['{{ x|d("q")|d("r", true) }}', { ok: 'r' }],
  ['{{ varargs is defined }}', { ok: 'False' }],
  ['{{ x[0].y }}', { err: 'UndefinedError: None has no element 0' }],
];
