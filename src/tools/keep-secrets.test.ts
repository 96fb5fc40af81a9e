import { expect, test } from 'vitest';
import { keepSecrets } from './keep-secrets.ts';
import { knownProvider } from './known-provider.ts';
import type { Tool } from './tool.ts';
import { toolContext } from './tool-context.fixture.ts';
import type { ToolPart } from './tool-part.ts';

const SECRET = 'a/secret+of "the" owner';
const signal = new AbortController().signal;

function saying(parts: readonly ToolPart[]) {
  const tool: Tool = {
    provider: 'p',
    name: 't',
    label: { en_US: 't' },
    description: '',
    parameters: { type: 'object' },
    authored: [],
    icon: '',
    timeoutMs: null,
    executedBy: 'server',
    invoke: async () => parts,
  };
  return knownProvider('mcp', 'p', [tool]);
}

async function told(parts: readonly ToolPart[], secrets: readonly string[]): Promise<unknown> {
  const [tool] = await keepSecrets(saying(parts), secrets).list({ signal });
  return tool?.invoke({}, toolContext());
}

test('stars stand in place of a secret, however it is written, in parts of every kind', async () => {
  const encoded = encodeURIComponent(SECRET);
  const parts: ToolPart[] = [
    { kind: 'text', text: `It is ${SECRET}, ${encoded}, ${JSON.stringify({ SECRET })}.` },
    { kind: 'link', url: `https://a.example/?key=${encoded}` },
    { kind: 'json', value: { [SECRET]: [SECRET, { a: SECRET, n: 1, z: null }] } },
    { kind: 'file', data: new Uint8Array(1), mimeType: 'image/png', filename: `${encoded}.png` },
  ];
  expect(await told(parts, [SECRET])).toEqual([
    { kind: 'text', text: 'It is ***, ***, {"SECRET":"***"}.' },
    { kind: 'link', url: 'https://a.example/?key=***' },
    { kind: 'json', value: { '***': ['***', { a: '***', n: 1, z: null }] } },
    { kind: 'file', data: new Uint8Array(1), mimeType: 'image/png', filename: '***.png' },
  ]);
});

test('of two secrets the longer is found first', async () => {
  const long = `${'x'.repeat(16)}-and-more`;
  expect(await told([{ kind: 'text', text: `${long}.` }], ['x'.repeat(16), long])).toEqual([
    { kind: 'text', text: '***.' },
  ]);
});

test('short words are left, and a provider without secrets is itself', async () => {
  const provider = saying([{ kind: 'text', text: 'short' }]);
  expect(keepSecrets(provider, ['short'])).toBe(provider);
});

test('names that objects have by themselves stay names', async () => {
  const value = JSON.parse(`{"__proto__": "a", "constructor": ${JSON.stringify(SECRET)}}`);
  const [part] = (await told([{ kind: 'json', value }], [SECRET])) as [{ value: object }];
  expect(Object.entries(part.value)).toEqual([
    ['__proto__', 'a'],
    ['constructor', '***'],
  ]);
});

test('a tool is the same tool each time', async () => {
  const provider = keepSecrets(saying([]), [SECRET]);
  expect((await provider.list({ signal }))[0]).toBe(provider.known()?.[0]);
});
