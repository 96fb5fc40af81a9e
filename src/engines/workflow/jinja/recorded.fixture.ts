/**
 * Templates, and what Jinja2 3.1.6 made of them in its default environment (`jinja2.Template(source).render(**variables)`,
 * CPython 3.11): a text, or the name and message of its error.
 */
export const recordedVariables = {
  n: 3,
  f: 2.5,
  one: 1.5,
  t: true,
  none: null,
  s: 'héllo wörld',
  e: '',
  l: [1, 2, 3],
  ls: ['b', 'a', 'C'],
  d: {
    a: 1,
    b: [true, null, 1.5],
    'k y': "it's",
  },
  users: [
    {
      name: 'Bob',
      age: 30,
      city: 'X',
    },
    {
      name: 'alice',
      age: 25,
      city: 'Y',
    },
    {
      name: 'Carl',
      age: 30,
      city: 'X',
    },
  ],
  big: 12345678901,
  zh: '你好',
  nested: {
    x: {
      y: [
        {
          z: 1,
        },
      ],
    },
  },
  big2: 10000000000000000,
  small: 0.00001,
  html: '<b>"x" & \'y\'</b>',
  q: 'say "hi"',
  mix: [
    1,
    'a',
    null,
    true,
    {
      k: 2,
    },
  ],
};

export const recordedTemplates: readonly (readonly [
  source: string,
  result: { readonly ok: string } | { readonly err: string },
])[] = [
  [
    '{{ n }} {{ f }} {{ t }} {{ none }} {{ s }} {{ l }} {{ ls }} {{ d }} {{ users }}',
    {
      ok: "3 2.5 True None héllo wörld [1, 2, 3] ['b', 'a', 'C'] {'a': 1, 'b': [True, None, 1.5], 'k y': \"it's\"} [{'name': 'Bob', 'age': 30, 'city': 'X'}, {'name': 'alice', 'age': 25, 'city': 'Y'}, {'name': 'Carl', 'age': 30, 'city': 'X'}]",
    },
  ],
  [
    '{{ zh }} {{ [zh] }} {{ big2 }} {{ small }} {{ mix }} {{ q }} {{ [q, html] }}',
    {
      ok: "你好 ['你好'] 10000000000000000 1e-05 [1, 'a', None, True, {'k': 2}] say \"hi\" ['say \"hi\"', '<b>\"x\" & \\'y\\'</b>']",
    },
  ],
  [
    '{{ n / 2 }} {{ 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 1e3 }} {{ 1_000 }} {{ 0x1f }} {{ 1.0 }} {{ 3.0 * 2 }} {{ 10 / 4 }} {{ 1.5 // 1 }}',
    { ok: '1.5 2.0 3 -4 1 2 8 0.5 64 4 1000.0 1000 31 1.0 6.0 2.5 1.0' },
  ],
  [
    '{% for x in l %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}',
    { ok: '1TrueFalse31, 2FalseFalse22, 3FalseTrue13' },
  ],
  ['{% for x in [] %}a{% else %}none{% endfor %}', { ok: 'none' }],
  ['{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}', { ok: "a=1;b=[True, None, 1.5];k y=it's;" }],
  ['{% for k in d %}{{ k }}{% endfor %}', { ok: 'abk y' }],
  ['{% set x = 5 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }}', { ok: '5' }],
  [
    '{% set ns = namespace(v=0) %}{% for i in l %}{% set ns.v = ns.v + i %}{% endfor %}{{ ns.v }}',
    { ok: '6' },
  ],
  [
    '{% macro m(a, b=2, *c) %}{{ a }}{{ b }}{% endmacro %}',
    { err: "TemplateSyntaxError: expected token 'name', got '*'" },
  ],
  [
    '{% macro m(a, b=2) %}[{{ a }}{{ b }}{{ varargs }}{{ kwargs }}]{% endmacro %}{{ m(1) }}{{ m(1,3) }}{{ m(1,b=4) }}{{ m(1,2,3) }}{{ m(1,z=4) }}{{ m() }}',
    { ok: "[12(){}][13(){}][14(){}][12(3,){}][12(){'z': 4}][2(){}]" },
  ],
  ['{% call(x) wrap("t") %}in{{ x }}{% endcall %}', { err: "UndefinedError: 'wrap' is undefined" }],
  [
    '{% macro wrap(t) %}<{{ t }}>{{ caller("y") }}</{{ t }}>{% endmacro %}{% call(x) wrap("t") %}in{{ x }}{% endcall %}',
    { ok: '<t>iny</t>' },
  ],
  ['{{ missing }}|{{ missing.x }}', { err: "UndefinedError: 'missing' is undefined" }],
  ['{{ d.missing }}|{{ d["missing"] }}|{{ l[9] }}', { ok: '||' }],
  ['{{ d.missing.y }}', { err: "UndefinedError: 'dict object' has no attribute 'missing'" }],
  ['{{ none.x }}', { ok: '' }],
  ['{{ s.nope }}', { ok: '' }],
  ['{{ missing + 1 }}', { err: "UndefinedError: 'missing' is undefined" }],
  ['{{ 1 + "a" }}', { err: "TypeError: unsupported operand type(s) for +: 'int' and 'str'" }],
  ['{{ "a" + 1 }}', { err: 'TypeError: can only concatenate str (not "int") to str' }],
  ['{{ n.x.y }}', { err: "UndefinedError: 'int object' has no attribute 'x'" }],
  [
    '{{ s|upper }} {{ s|title }} {{ s|capitalize }} {{ "a-b c(d"|title }} {{ s|length }} {{ zh|length }} {{ l|length }}',
    { ok: 'HÉLLO WÖRLD Héllo Wörld Héllo wörld A-B C(D 11 2 3' },
  ],
  [
    '{{ l|join(", ") }} {{ users|join("/", attribute="name") }} {{ ls|join }}',
    { ok: '1, 2, 3 Bob/alice/Carl baC' },
  ],
  [
    '{{ users|map(attribute="name")|list }} {{ users|map(attribute="zip", default="-")|list }} {{ ls|map("upper")|join("") }} {{ users|selectattr("age","equalto",30)|map(attribute="name")|join(",") }} {{ users|rejectattr("age","gt",26)|list|length }}',
    { ok: "['Bob', 'alice', 'Carl'] ['-', '-', '-'] BAC Bob,Carl 1" },
  ],
  [
    '{{ l|sum }} {{ users|sum(attribute="age") }} {{ l|sum(start=1.5) }} {{ l|max }} {{ l|min }} {{ users|max(attribute="age") }} {{ ls|min }}',
    { ok: "6 85 7.5 3 1 {'name': 'Bob', 'age': 30, 'city': 'X'} a" },
  ],
  [
    '{{ ls|sort }} {{ ls|sort(case_sensitive=true) }} {{ ls|sort(reverse=true) }} {{ users|sort(attribute="age,name")|map(attribute="name")|list }} {{ users|sort(attribute="age")|map(attribute="name")|list }}',
    {
      ok: "['a', 'b', 'C'] ['C', 'a', 'b'] ['C', 'b', 'a'] ['alice', 'Bob', 'Carl'] ['alice', 'Bob', 'Carl']",
    },
  ],
  [
    '{{ 42.55|round }} {{ 42.55|round(1,"floor") }} {{ 2.5|round }} {{ 3.5|round }} {{ 0.125|round(2) }} {{ 3|round }} {{ 2.675|round(2) }} {{ 5|round(1) }} {{ 1.5|int }} {{ "42"|int }} {{ "3.9"|int }} {{ "x"|int(7) }} {{ "0x1f"|int(base=16) }} {{ "3"|float }} {{ "z"|float }} {{ none|int }} {{ true|int }}',
    { ok: '43.0 42.5 2.0 4.0 0.12 3 2.67 5 1 42 3 7 31 3.0 0.0 0 1' },
  ],
  [
    '{{ d|tojson }} {{ zh|tojson }} {{ html|tojson }} {{ users|tojson(indent=2) }} {{ 1.0|tojson }} {{ none|tojson }}',
    {
      ok: '{"a": 1, "b": [true, null, 1.5], "k y": "it\\u0027s"} "\\u4f60\\u597d" "\\u003cb\\u003e\\"x\\" \\u0026 \\u0027y\\u0027\\u003c/b\\u003e" [\n  {\n    "age": 30,\n    "city": "X",\n    "name": "Bob"\n  },\n  {\n    "age": 25,\n    "city": "Y",\n    "name": "alice"\n  },\n  {\n    "age": 30,\n    "city": "X",\n    "name": "Carl"\n  }\n] 1.0 null',
    },
  ],
  [
    '{{ "%s is %d and %.2f %5s|%-5s|%05d %%"|format("a", 3, 2.345, "r", "l", 42) }} {{ "%(x)s"|format(x=1) }} {{ "%x %o %e %g" % (255, 8, 12345.678, 0.0001) }}',
    { ok: 'a is 3 and 2.35     r|l    |00042 % 1 ff 10 1.234568e+04 0.0001' },
  ],
  [
    '{{ "%.2f %.2f %.0f %.0f %.1f" % (1200.625, 0.135, 2.5, 3.5, -0.25) }} {{ "{:.2f} {:.1%}".format(0.125, 0.00625) }} {{ 1250|filesizeformat }} {{ -2.5|round }} {{ 1e22|round(1) }}',
    { ok: '1200.62 0.14 2 4 -0.2 0.12 0.6% 1.2 kB -2.0 1e+22' },
  ],
  ['{{ "{} {:.2f} {0}"|string }}', { ok: '{} {:.2f} {0}' }],
  [
    '{{ "{} {:.2f}".format("a", 3.14159) }} {{ "{0}{1}{0}".format(1,2) }} {{ "{a:>5}|{b:<5}|{c:^5}|{d:,}".format(a=1,b="x",c="y",d=1234567) }} {{ "{:05d} {:+d} {:%}".format(42, 3, 0.25) }}',
    { ok: 'a 3.14 121     1|x    |  y  |1,234,567 00042 +3 25.000000%' },
  ],
  [
    '{{ s|replace("l","L") }} {{ s|replace("l","L",1) }} {{ s|truncate(8) }} {{ "foo bar baz qux"|truncate(9, true) }} {{ "foo bar baz qux"|truncate(9) }} {{ "foo bar baz qux"|truncate(11, False, "..", 0) }}',
    { ok: 'héLLo wörLd héLlo wörld héllo wörld foo ba... foo... foo bar..' },
  ],
  [
    '{{ "a\nb\n\nc"|indent }} | {{ "a\nb"|indent(2, true) }} | {{ "a\n\nb"|indent(2, blank=true) }}',
    { ok: 'a\n    b\n\n    c |   a\n  b | a\n  \n  b' },
  ],
  [
    '{{ s[0] }} {{ s[-1] }} {{ s[1:3] }} {{ s[::-1] }} {{ l[1:] }} {{ l[:-1] }} {{ l[::2] }} {{ l[-2:] }} {{ zh[::-1] }}',
    { ok: 'h d él dlröw olléh [2, 3] [1, 2] [1, 3] [2, 3] 好你' },
  ],
  [
    '{{ l is iterable }} {{ n is odd }} {{ n is even }} {{ n is divisibleby 3 }} {{ n is divisibleby(2) }} {{ x is defined }} {{ n is not defined }} {{ none is none }} {{ s is string }} {{ n is number }} {{ t is boolean }} {{ d is mapping }} {{ l is sequence }} {{ 1 is in l }} {{ n is eq 3 }} {{ f is float }} {{ n is integer }} {{ t is true }} {{ n is sameas 3 }} {{ "a" is lower }}',
    {
      ok: 'True True False True False False False True True True True True True True True True True True True True',
    },
  ],
  [
    '{{ 1 in l }} {{ "ell" in s }} {{ 5 not in l }} {{ "a" in d }} {{ 1 < 2 < 3 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ not true }} {{ none == false }} {{ [1,2] == [1,2] }} {{ (1,2) }} {{ (1,) }} {{ () }} {{ {"a": 1} }} {{ [1] + [2] }} {{ "ab" * 2 }} {{ [0] * 3 }} {{ "a" ~ 1 ~ none }}',
    {
      ok: "True False True True True True True False False True (1, 2) (1,) () {'a': 1} [1, 2] abab [0, 0, 0] a1None",
    },
  ],
  [
    '{{ "x" if t else "y" }} {{ "x" if e }} {{ e or "dflt" }} {{ e and "z" }}{{ missing|default("d") }} {{ e|default("d") }} {{ e|default("d", true) }} {{ none|d("q") }} {{ none|d("q", true) }}',
    { ok: 'x  dflt d  d None q' },
  ],
  ['{%- if n > 2 -%}  yes  {%- elif n %} maybe {%- else -%} no {%- endif -%}  end', { ok: 'yesend' }],
  ['a  {{- n -}}  b\n{%- if t %}\nx\n{% endif -%}\n  z\n', { ok: 'a3b\nx\nz' }],
  ['line1\n{% if t %}\ninner\n{% endif %}\nline2\n\n', { ok: 'line1\n\ninner\n\nline2\n' }],
  ['{# comment #}a{#- c -#} b', { ok: 'ab' }],
  ['{% raw %}{{ x }}{% endraw %} {%- raw -%} {% if %} {%- endraw -%} z', { ok: '{{ x }}{% if %}z' }],
  ['{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}', { ok: '3' }],
  ['{% filter upper %}abc {{ n }}{% endfilter %}', { ok: 'ABC 3' }],
  ['{% set x %}block {{ n }}{% endset %}{{ x }}', { ok: 'block 3' }],
  ['{% set x | upper %}block{% endset %}{{ x }}', { ok: 'BLOCK' }],
  ['{% set a, b = 1, 2 %}{{ b }}{{ a }}', { ok: '21' }],
  [
    '{% for u in users|groupby("city") %}{{ u.grouper }}:{{ u.list|map(attribute="name")|join(",") }};{% endfor %}{% for g, items in users|groupby("age") %}{{ g }}{{ items|length }}{% endfor %}',
    { ok: 'X:Bob,Carl;Y:alice;251302' },
  ],
  [
    '{% for row in [1,2,3,4,5]|batch(2, "-") %}{{ row }}{% endfor %} {% for c in [1,2,3,4,5]|slice(3) %}{{ c }}{% endfor %} {% for c in [1,2,3,4]|slice(3,"-") %}{{ c }}{% endfor %}',
    { ok: "[1, 2][3, 4][5, '-'] [1, 2][3, 4][5] [1, 2][3, '-'][4, '-']" },
  ],
  [
    '{{ [1,2,2,"a","A"]|unique|list }} {{ d|dictsort }} {{ {"b":1,"a":2}|dictsort(by="value") }} {{ l|first }} {{ l|last }} {{ l|reverse|list }} {{ "abc"|reverse }} {{ [1,[2]]|length }} {{ []|first }}',
    {
      ok: "[1, 2, 'a'] [('a', 1), ('b', [True, None, 1.5]), ('k y', \"it's\")] [('b', 1), ('a', 2)] 1 3 [3, 2, 1] cba 2 ",
    },
  ],
  [
    '{{ html|escape }} {{ html|e }} {{ html|striptags }} {{ s|urlencode }} {{ "a b/c?d"|urlencode }} {{ {"a":"1 2","b":3}|urlencode }} {{ 1000000|filesizeformat }} {{ 1024|filesizeformat(true) }} {{ 12|filesizeformat }} {{ s|wordcount }} {{ "x"|center(5) }}| {{ "  a "|trim }}|',
    {
      ok: '&lt;b&gt;&#34;x&#34; &amp; &#39;y&#39;&lt;/b&gt; &lt;b&gt;&#34;x&#34; &amp; &#39;y&#39;&lt;/b&gt; "x" & \'y\' h%C3%A9llo%20w%C3%B6rld a%20b/c%3Fd a=1+2&b=3 1.0 MB 1.0 KiB 12 Bytes 2   x  | a|',
    },
  ],
  [
    '{{ s.upper() }} {{ s.split(" ") }} {{ " a  b ".split() }} {{ "a,b,c".split(",",1) }} {{ "a,b".rsplit(",") }} {{ ",".join(ls) }} {{ s.startswith("h") }} {{ s.replace("o","0") }} {{ "abc".find("c") }} {{ "a=b=c".partition("=") }} {{ "7".zfill(3) }} {{ "x".center(4) }}| {{ "ab".isalpha() }} {{ "12".isdigit() }} {{ "they\'re ok".title() }} {{ " x ".strip() }}| {{ "xxaxx".strip("x") }} {{ "a\nb".splitlines() }} {{ "aXb".swapcase() }} {{ "aa".count("a") }}',
    {
      ok: "HÉLLO WÖRLD ['héllo', 'wörld'] ['a', 'b'] ['a', 'b,c'] ['a', 'b'] b,a,C True héll0 wörld 2 ('a', '=', 'b=c') 007  x  | True True They'Re Ok x| a ['a', 'b'] AxB 2",
    },
  ],
  [
    '{{ d.keys()|list }} {{ d.values()|list }} {{ d.get("zz", 5) }} {{ d.get("zz") }} {{ d.get("a") }} {{ d["k y"] }} {{ nested.x.y[0].z }} {{ nested["x"]["y"][0]["z"] }} {{ l.0 }}',
    { ok: "['a', 'b', 'k y'] [1, [True, None, 1.5], \"it's\"] 5 None 1 it's 1 1 1" },
  ],
  ['{% set x = [] %}{% for i in l %}{% set _ = x.append(i * 2) %}{% endfor %}{{ x }}', { ok: '[2, 4, 6]' }],
  ['{% set x = {} %}{% set _ = x.update({"a": 1}) %}{{ x }}', { ok: "{'a': 1}" }],
  [
    '{{ range(3)|list }} {{ range(1,10,3)|list }} {{ range(5,0,-2)|list }} {{ dict(a=1) }} {% set c = cycler("a","b") %}{{ c.next() }}{{ c.next() }}{{ c.next() }} {% set j = joiner("|") %}{{ j() }}a{{ j() }}b',
    { ok: "[0, 1, 2] [1, 4, 7] [5, 3, 1] {'a': 1} aba a|b" },
  ],
  ['{% for x in l if x > 1 %}{{ loop.index }}{{ x }}/{{ loop.length }} {% endfor %}', { ok: '12/2 23/2 ' }],
  [
    '{% for x in [1,[2,[3]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}',
    { ok: '1(2(3))' },
  ],
  ['{% for a, (b, c) in [(1,(2,3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}', { ok: '123' }],
  [
    '{% for x in l %}{{ loop.cycle("o","e") }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.changed(x) }}{% endfor %}',
    { ok: 'o2Truee13Trueo2True' },
  ],
  [
    '{{ -1|abs }} {{ (-1)|abs }} {{ 3.7|int + 1 }} {{ "a"|upper ~ "b" }} {{ not n is odd }} {{ n + 1 if t else 0 }} {{ 1 if false else 2 if false else 3 }}',
    { ok: '1 1 4 Ab False 4 3' },
  ],
  [
    '{{ "a" "b" }} {{ "\\n" }}| {{ "\\u4f60" }} {{ \'it\\\'s\' }} {{ "tab\\t|" }}',
    { ok: "ab \n| 你 it's tab\t|" },
  ],
  ['{{ x', { err: "TemplateSyntaxError: unexpected end of template, expected 'end of print statement'." }],
  ['{% endfor %}', { err: "TemplateSyntaxError: Encountered unknown tag 'endfor'." }],
  ['{{ a b }}', { err: "TemplateSyntaxError: expected token 'end of print statement', got 'b'" }],
  ['{% nope %}', { err: "TemplateSyntaxError: Encountered unknown tag 'nope'." }],
  ['{{ x|nofilter }}', { err: "TemplateAssertionError: No filter named 'nofilter'." }],
  ['{{ 1|nofilter }}', { err: "TemplateAssertionError: No filter named 'nofilter'." }],
  ['{{ 1 is notest }}', { err: "TemplateAssertionError: No test named 'notest'." }],
  ['{% if x is defined and x %}a{% else %}b{% endif %}', { ok: 'b' }],
  ['{{ }}', { err: "TemplateSyntaxError: Expected an expression, got 'end of print statement'" }],
  [
    '{{ users[0].name }} {{ users[0]["age"] }} {{ (users|first).name }} {{ users|first|attr("name") }}',
    { ok: 'Bob 30 Bob ' },
  ],
  ['{{ 1 / 0 }}', { err: 'ZeroDivisionError: division by zero' }],
  ['{{ s() }}', { err: "TypeError: 'str' object is not callable" }],
  ['{{ n|length }}', { err: "TypeError: object of type 'int' has no len()" }],
  ['{% block b %}x{{ n }}{% endblock b %}', { ok: 'x3' }],
  ['{{ [3,1,2]|sort|first }}', { ok: '1' }],
  ['{{ l|map("string")|map("int")|sum }}', { ok: '6' }],
  ['{% for x in l -%}\n  {{ x }}\n{%- endfor %}', { ok: '123' }],
  [
    '{{ "a" < "b" }} {{ 1 < "a" }}',
    { err: "TypeError: '<' not supported between instances of 'int' and 'str'" },
  ],
  ['{{ {"a":{"b":1}}.a.b }}', { ok: '1' }],
  ['{{ "%.1f%%"|format(12.345) }}', { ok: '12.3%' }],
  ['{{ t and n }} {{ none or 0 }} {{ 0 or none }}', { ok: '3 0 None' }],
  [
    '{{ users | tojson }}',
    {
      ok: '[{"age": 30, "city": "X", "name": "Bob"}, {"age": 25, "city": "Y", "name": "alice"}, {"age": 30, "city": "X", "name": "Carl"}]',
    },
  ],
  ['{{ n|string + "x" }}', { ok: '3x' }],
  [
    '{{ [none, "", 0, "a"]|select|list }} {{ [1,2,3,4]|select("even")|list }} {{ [1,2,3]|reject("gt", 1)|list }}',
    { ok: "['a'] [2, 4] [1]" },
  ],
  ['{{ s|wordwrap(5) }}', { ok: 'héllo\nwörld' }],
  ['{{ "the quick brown fox jumps"|wordwrap(10) }}', { ok: 'the quick\nbrown fox\njumps' }],
  ['{{ "  x"|indent(2) }}', { ok: '  x' }],
  ['{{ 5 is gt(3) }} {{ 5 is gt 3 }} {{ 5 is lessthan 3 }}', { ok: 'True True False' }],
  ['{{ 10000000000000000000 }}', { ok: '10000000000000000000' }],
  [
    '{{ 1.10 }} {{ 0.1 + 0.2 }} {{ 100.0 }} {{ 1e100 }} {{ 1e-7 }} {{ 123456789.123 }}',
    { ok: '1.1 0.30000000000000004 100.0 1e+100 1e-07 123456789.123' },
  ],
  ['{{ d.items()|list }}', { ok: "[('a', 1), ('b', [True, None, 1.5]), ('k y', \"it's\")]" }],
  ['{{ loop }}', { ok: '' }],
  ['{{ true|lower }} {{ True }} {{ None }}', { ok: 'true True None' }],
  ['{{ [1,2,3]|join("-")|upper|replace("-", "+") }}', { ok: '1+2+3' }],
  ['{{"{{"}} x {{ "}}" }}', { ok: '{{ x }}' }],
  ['{{ {"a":{"b":2}} }}', { ok: "{'a': {'b': 2}}" }],
  ['{% set d2 = dict(d, z=1) %}{{ d2.z }}', { ok: '1' }],
  ['{{ "a\\\\b" }}', { ok: 'a\\b' }],
  ['{{ 7 is divisibleby 7 and true }}', { ok: 'True' }],
  ['{{ x is defined or n is defined }}', { ok: 'True' }],
  ['{{ users|map(attribute="name")|map("lower")|sort|join(" ") }}', { ok: 'alice bob carl' }],
  ['{{ 3 * "ab" }} {{ n ~ f }}', { ok: 'ababab 32.5' }],
  ['{{ "x"|default }} {{ missing|default }}', { ok: 'x ' }],
  ['{{ 1 if missing else 2 }}', { ok: '2' }],
  ['{% if missing is undefined %}u{% endif %}', { ok: 'u' }],
  ['{{ users|length > 2 }}', { ok: 'True' }],
  ['{{ "abc"[1] }}{{ "abc"[5] }}', { ok: 'b' }],
  ['{{ "é"|upper }}', { ok: 'É' }],
  ['{%+ if t +%}x{% endif %}', { ok: 'x' }],
  [
    '{% if t %}\n    a\n{% endif %}\n{% for x in l %}\n- {{ x }}\n{% endfor %}\nend',
    { ok: '\n    a\n\n\n- 1\n\n- 2\n\n- 3\n\nend' },
  ],
];
