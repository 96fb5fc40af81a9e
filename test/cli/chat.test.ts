import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

const FORM = [
  { 'text-input': { label: 'Your name', variable: 'name', required: true, max_length: 20, default: '' } },
  { select: { label: 'Tone', variable: 'tone', required: true, options: ['warm', 'cool'], default: '' } },
  { 'text-input': { label: 'Town', variable: 'town', required: false, max_length: 20, default: 'Ghent' } },
];

let provider: MockProvider;
let home: ParleyHome;
beforeEach(async () => {
  provider = await startMockProvider({ reply: { tokens: ['Good ', 'day', '.'] } });
  home = await parleyHome(
    {
      plain: chatApp(),
      form: chatApp({
        pre_prompt: 'Speak to {{name}} in a {{tone}} tone.',
        user_input_form: FORM,
        opening_statement: 'Welcome to {{town}}, {{name}}!',
        suggested_questions: ['Where am I?', 'Who are you?'],
      }),
      translator: completionApp(),
    },
    { providers: { openai: { api_key: 'sk-test', base_url: provider.baseUrl } } },
  );
});
afterEach(async () => {
  await home.remove();
  await provider.close();
});

/** The last thing that the user said to the model, for each request that streams an answer. */
function questions(): unknown[] {
  return provider.requests
    .map(({ body }) => body?.messages?.at(-1)?.content)
    .filter((content) => typeof content === 'string' && content.length < 40);
}

test('asks for what is required, greets, suggests, and goes on with the same conversation', async () => {
  const chat = home.start('chat', 'form');
  chat.type('Ada\n2\n2\nAnd where is that?\n');
  const { code, stdout, stderr } = await chat.end();
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  expect(stdout).toContain('Welcome to Ghent, Ada!\n  1  Where am I?\n  2  Who are you?\n');
  expect(stdout.match(/Good day\.\n/g)).toHaveLength(2);
  expect(questions()).toEqual(expect.arrayContaining(['Who are you?', 'And where is that?']));
  const last = provider.requests.find(({ body }) => body?.messages?.at(-1)?.content === 'And where is that?');
  const messages = last?.body?.messages ?? [];
  expect(messages[0]?.content).toContain('Speak to Ada in a cool tone.');
  expect(messages).toContainEqual({ role: 'assistant', content: 'Good day.' });
});

test('--input answers the form beforehand', async () => {
  const chat = home.start(
    'chat',
    'form',
    '--input',
    'name=Bo',
    '--input',
    'tone=warm',
    '--input',
    'town=Bruges',
  );
  chat.type('Hello\n');
  expect((await chat.end()).stdout).toContain('Welcome to Bruges, Bo!');
});

test('a completion app asks its form for each answer', async () => {
  const chat = home.start('chat', 'translator');
  chat.type('first\nsecond\n');
  const { code, stdout } = await chat.end();
  expect([code, stdout]).toEqual([0, 'Good day.\nGood day.\n']);
  expect(questions()).toEqual(['Translate: first', 'Translate: second']);
});

test('talks to the server that runs on the same data folder, also without keys that may be shown', async () => {
  const server = await home.serve();
  await rm(join(home.root, 'data', 'keys.txt'));
  const before = (await home.run('key', 'list')).stdout;
  const chat = home.start('chat', 'plain');
  chat.type('Hello\n');
  expect(await chat.end()).toMatchObject({ code: 0, stdout: 'Good day.\n' });
  const key = (text: string) => text.split('\n').map((line) => line.split(' ')[0]);
  expect(key((await home.run('key', 'list')).stdout)).toEqual(key(before));
  server.child.kill('SIGTERM');
  expect((await server.end()).code).toBe(0);
});

test('talks to a server anywhere with --url and --key', async () => {
  const server = await home.serve();
  const { stdout: key } = await home.run('key', 'create', '--app', 'plain');
  const other = await parleyHome({});
  const chat = other.start('chat', 'plain', '--url', `${server.url}/v1`, '--key', key.trim());
  chat.type('Hello\n');
  expect(await chat.end()).toMatchObject({ code: 0, stdout: 'Good day.\n' });
  const wrong = other.start('chat', 'plain', '--url', server.url, '--key', 'app-wrong');
  const { code, stderr } = await wrong.end();
  expect([code, stderr.trim()]).toEqual([1, 'Access token is invalid (unauthorized)']);
  await other.remove();
});

test('Ctrl-C stops the answer at the provider, keeps what was said, and twice leaves', async () => {
  provider.reply({ tokens: ['One ', 'two'], hold: 1 });
  const chat = home.start('chat', 'plain');
  chat.type('Count\n');
  const request = await provider.nextRequest(({ body }) => body?.messages?.at(-1)?.content === 'Count');
  await chat.sees(/One /);
  chat.child.kill('SIGINT');
  await chat.sees(/\(stopped\)/);
  await request.aborted();
  provider.reply({ tokens: ['Three'] });
  chat.type('Go on\n');
  await chat.sees(/Three\n/);
  const next = provider.requests.find(({ body }) => body?.messages?.at(-1)?.content === 'Go on');
  expect(next?.body?.messages).toContainEqual({ role: 'assistant', content: 'One ' });
  chat.child.kill('SIGINT');
  await chat.sees(/Ctrl-C again leaves/);
  chat.child.kill('SIGINT');
  const { code } = await chat.end();
  expect(code).toBe(0);
});

test('a failed turn is told, and the conversation goes on', async () => {
  provider.reply({ status: 401, error: { message: 'bad key', code: 'invalid_api_key' } });
  const chat = home.start('chat', 'plain');
  chat.type('Hello\n');
  await provider.nextRequest();
  const { code, stderr } = await chat.end();
  expect(code).toBe(1);
  expect(stderr).toMatch(/\(\w+\)/);
});

test('an app that does not exist', async () => {
  const { code, stderr } = await home.run('chat', 'nobody');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^there is no app nobody in .*; there are: form, plain, translator\n$/);
});
