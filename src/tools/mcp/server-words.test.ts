import { expect, test } from 'vitest';
import { secretsOf } from './secrets-of.ts';
import { serverWords } from './server-words.ts';

test('repeats nothing that a server was told in confidence', () => {
  const headers = { authorization: 'Bearer tok-12345', 'x-flag': 'on' };
  const words = serverWords(
    secretsOf({ kind: 'http', url: 'https://a.example/mcp?key=k-6789&v=1', headers }),
  );
  expect(words('Bearer tok-12345, tok-12345 and k-6789, turned on')).toBe('***, *** and ***, turned on');
  const env = { TOKEN: 'abcd', LONG: 'abcdefgh' };
  const spoken = serverWords(secretsOf({ kind: 'stdio', command: 'x', args: [], env }));
  expect(spoken('abcdefgh abcd')).toBe('*** ***');
});

test('is bounded, and leaves no secret in half at the end', () => {
  const words = serverWords(['secret-of-ours']);
  for (let length = 480; length < 510; length++) {
    const said = words(`${'x'.repeat(length)}${'secret-of-ours'.repeat(1_000)}`);
    expect(said.length).toBeLessThanOrEqual(500);
    expect(said).not.toContain('secret');
  }
});

test('of what is too long to be looked at as a whole, no half of a secret is left either', () => {
  const secret = 'secret-of-ours'.repeat(40);
  const said = serverWords([secret])(secret.repeat(1_000), 4_096);
  expect(said).toMatch(/^[*]+$/);
});
