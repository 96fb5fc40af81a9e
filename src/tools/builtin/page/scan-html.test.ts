import { expect, test } from 'vitest';
import { MAX_TEXT } from '../bound-text.ts';
import { scanHtml } from './scan-html.ts';

test('blocks stand on lines of their own, paragraphs apart, what lies in a line together', () => {
  const html = `<h1>Head</h1><p>one <b>two</b>three&nbsp;four &amp; 4<br>five</p>
    <ul><li>a<li>b</ul><div>c</div><div>d</div>
    <table><tr><th>k</th><td>v</td></tr><tr><td>1</td><td>2</td></tr></table>tail`;
  expect(scanHtml(html).text).toBe('Head\n\none twothree four & 4\nfive\n\na\nb\n\nc\nd\n\nk v\n1 2\n\ntail');
});

test('preformatted text keeps its lines', () => {
  expect(scanHtml('<p>a</p><pre>x\n  y\r\nz</pre><p>b').text).toBe('a\n\nx\n  y\nz\n\nb');
});

test('what nobody sees is left out', () => {
  const html = `<script>s()</script><style>p{}</style><noscript>no</noscript><template>no</template>
    <svg><title>no</title><text>no</text></svg><iframe>no</iframe><!-- no --><select><option>no</select>yes`;
  expect(scanHtml(html)).toMatchObject({ text: 'yes', title: '' });
});

test('title and author', () => {
  const html =
    '<title>A &lt;B&gt;\n c</title><title>second</title><META NAME="Author" content=" Jo  Do "><p>x';
  expect(scanHtml(html)).toMatchObject({ title: 'A <B> c', author: 'Jo Do', text: 'x' });
});

test('a head that is not closed hides nothing', () => {
  expect(scanHtml('<head><title>T</title><p>text').text).toBe('text');
});

test('what a tree would hold is counted', () => {
  const { nodes, depth, complete } = scanHtml('<div a=1 b=2><p>x</p><!-- y --></div>');
  expect({ nodes, depth, complete }).toEqual({ nodes: 6, depth: 2, complete: true });
});

test('what lies too deep is left', () => {
  const { depth, complete } = scanHtml(`${'<b>'.repeat(100_000)}x`);
  expect({ depth, complete }).toEqual({ depth: 513, complete: false });
  expect(scanHtml(`${'<b>'.repeat(500)}x`)).toMatchObject({ text: 'x', complete: true });
});

test('no more text is kept than is ever answered', () => {
  const { text, complete } = scanHtml('<p>word</p>'.repeat(200_000));
  expect(text.length).toBeGreaterThan(MAX_TEXT);
  expect(text.length).toBeLessThan(MAX_TEXT + 100);
  expect(complete).toBe(true);
});

test.each(['', 'plain', '<', '</', '<!', '<!--', '&', '&#', '<a', '<a href', '<p></i></b></p', '<script>'])(
  '%j is read',
  (html) => {
    expect(scanHtml(html).complete).toBe(true);
  },
);
