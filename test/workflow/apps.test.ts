import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ParleyHome, parleyHome } from '../cli/parley-home.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { APPS, startApps, titlesIn } from './real-apps.ts';
import { finishedIn, streamChatflow } from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

let home: ParleyHome;
beforeAll(async () => {
  home = await parleyHome({});
});
afterAll(() => home.remove());

/** What `app check` says of each: models, tools, datasets, packages, files, environment. */
const NEEDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cohort-table': { packages: 'numpy, pandas' },
  'crm-ticket': { env: 'crm_token (secret), crm_url', inputs: 'customer, problem' },
  'document-questions': { model: 'openai/gpt-4o', inputs: 'question, document', files: 'document' },
  'field-agent': {
    model: 'langgenius/openai/openai/gpt-4o-mini',
    tools: 'time/weekday',
    env: 'mcp_url',
    inputs: 'team',
  },
  'handbook-lenient': { model: 'openai/gpt-4o-mini', datasets: '7a1f6c0e-2b7d-4c52-9a6e-51f0c9d8e001' },
  'handbook-strict': { model: 'openai/gpt-4o-mini', datasets: '7a1f6c0e-2b7d-4c52-9a6e-51f0c9d8e001' },
  'invoice-fields': {
    model: 'langgenius/openai_api_compatible/openai_api_compatible/local-8b',
    inputs: 'invoice',
  },
  'mail-room': { model: 'openai/gpt-4o', files: 'image, document' },
  'old-search': { model: 'openai/gpt-3.5-turbo-16k', tools: 'searxng/searxng_search', inputs: 'query' },
  'picture-talk': { model: 'tongyi/qwen-vl-plus', files: 'image' },
  'press-kit': { model: 'openai/gpt-4o-mini', tools: '反思翻译/reflective-translation', inputs: 'text' },
  'reflective-translation': { model: 'deepseek/deepseek-chat', inputs: 'text, language' },
  research: {
    model: 'langgenius/deepseek/deepseek/deepseek-chat',
    tools: 'langgenius/searxng/searxng/searxng_search',
    inputs: 'question',
  },
  'sales-report': { inputs: 'sheet' },
  'support-desk': { model: 'langgenius/openai/openai/gpt-4o-mini', env: 'shop, refund_rules, mail' },
  'table-booking': { model: 'openai/gpt-4o-mini' },
  'think-first': { model: 'langgenius/deepseek/deepseek/deepseek-reasoner' },
  'two-voices': { models: 'openai/optimist, openai/pessimist, openai/judge' },
  'write-until-good': {
    models: 'langgenius/openai/openai/gpt-4o, langgenius/openai/openai/gpt-4o-mini',
    inputs: 'subject',
  },
};

test('app check serves them all, and says what each needs and lacks', async () => {
  const files = (await readdir(APPS)).toSorted();
  expect(files).toEqual(Object.keys(NEEDS).map((id) => `${id}.yml`));
  const paths = files.map((file) => join(APPS, file));
  const { code, stdout } = await home.run('app', 'check', ...paths, '--apps', APPS);
  const lines = stdout.trimEnd().split('\n');
  const told: Record<string, Record<string, string>> = {};
  let id = '';
  for (const line of lines) {
    id = /([\w-]+)\.yml: ok$/.exec(line)?.[1] ?? id;
    const [, what, value] = /^ {2}(\w+) +(.+)$/.exec(line) ?? [];
    if (what && value && what !== 'mode') told[id] = { ...told[id], [what]: value };
  }
  expect(told).toEqual(NEEDS);
  const warnings = lines.filter((line) => line.endsWith('(warning)'));
  expect(warnings.map((line) => line.replace(/^.*\/([\w-]+)\.yml:\d+: (.*)$/, '$1: $2'))).toEqual([
    expect.stringMatching(
      /^cohort-table: the Python package numpy is missing: set sandbox\.python\.packages/,
    ),
    expect.stringMatching(/^cohort-table: the Python package pandas is missing/),
    expect.stringMatching(/^crm-ticket: the secret crm_token has no value/),
    expect.stringMatching(/^handbook-lenient: the dataset 7a1f6c0e\S+ is not on this server/),
    expect.stringMatching(/^handbook-strict: the dataset 7a1f6c0e\S+ is not on this server/),
    expect.stringMatching(/^old-search: the tool searxng_search cannot work: there is no SearXNG server/),
    expect.stringMatching(/^research: the tool searxng_search cannot work: there is no SearXNG server/),
  ]);
  expect(code).toBe(0);
});

test('one that calls a workflow which is not here is not served, and names it', async () => {
  const { code, stdout } = await home.run('app', 'check', join(APPS, 'press-kit.yml'));
  expect(stdout).toMatch(/press-kit\.yml:\d+: the tool reflective-translation is missing/);
  expect(code).toBe(1);
});

test('cohort-table (0.1.3): code that wants packages which are not here says which', async () => {
  const apps = await startApps(['cohort-table']);
  const events = await streamChatflow(apps.parley, { query: 'a,b\n1,2' }, 'cohort-table');
  expect(finishedIn(events)).toMatchObject({ status: 'failed', error: expect.stringMatching(/numpy/) });
  expect(titlesIn(events)).toEqual(['Start', 'Pivot']);
  expect(events.at(-1)).toMatchObject({
    event: 'error',
    status: 400,
    message: expect.stringMatching(/numpy/),
  });
  await expect(answered(sendChat(apps.parley, { query: 'a' }, 'cohort-table'))).rejects.toThrow(
    /HTTP 400.*numpy/s,
  );
  await apps.close();
});
