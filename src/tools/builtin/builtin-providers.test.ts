import { expect, onTestFinished, test } from 'vitest';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { createSandbox } from '../../sandbox/create-sandbox.ts';
import { DEFAULT_SANDBOX_SETTINGS } from '../../sandbox/default-sandbox-settings.ts';
import { fitArguments } from '../fit-arguments.ts';
import type { BuiltinSettings } from './builtin-parts.ts';
import { builtinNames, builtinProviders } from './builtin-providers.ts';

function providers(...settings: BuiltinSettings[]) {
  const outbound = createOutbound();
  const sandbox = createSandbox(DEFAULT_SANDBOX_SETTINGS);
  const all = builtinProviders({ outbound, sandbox }, settings);
  onTestFinished(async () => {
    await Promise.all([...all.map((one) => one.close()), outbound.close(), sandbox.close()]);
  });
  return all;
}

const settings = { apiKey: null, baseUrl: null, timeoutMs: null };

test('every provider, with its tools by the names of Dify', async () => {
  const all = providers();
  expect(all.map(({ type, name, known }) => [type, name, known()?.map((tool) => tool.name)])).toEqual([
    [
      'builtin',
      'time',
      ['current_time', 'localtime_to_timestamp', 'timestamp_to_localtime', 'timezone_conversion', 'weekday'],
    ],
    ['builtin', 'webscraper', ['webscraper']],
    ['builtin', 'code', ['simple_code']],
    ['builtin', 'searxng', ['searxng_search']],
    ['builtin', 'tavily', ['tavily_search', 'tavily_extract']],
    ['builtin', 'duckduckgo', ['ddgo_search', 'ddgo_translate']],
    ['builtin', 'jina', ['jina_reader', 'jina_search']],
    ['builtin', 'wikipedia', ['wikipedia_search']],
    ['builtin', 'google_translate', ['translate']],
    ['builtin', 'openweather', ['weather']],
  ]);
  expect(builtinNames).toEqual(all.map(({ name }) => name));
  const { signal } = new AbortController();
  for (const one of all) expect(await one.list({ signal })).toBe(one.known());
});

test('every tool says what models and people need', () => {
  for (const provider of providers()) {
    for (const tool of provider.known() ?? []) {
      expect(tool).toMatchObject({ provider: provider.name, executedBy: 'server', timeoutMs: null });
      expect(tool.label).toEqual({
        en_US: expect.stringMatching(/\S/),
        zh_Hans: expect.stringMatching(/\S/),
      });
      expect(tool.description).toMatch(/\.$/);
      expect(tool.icon).toEqual({
        background: expect.stringMatching(/^#[0-9A-F]{6}$/),
        content: expect.stringMatching(/\p{Emoji}/u),
      });
      const { properties, required } = tool.parameters as {
        properties: Record<string, object>;
        required: string[];
      };
      for (const property of Object.values(properties))
        expect(property).toMatchObject({ description: expect.stringMatching(/\S/) });
      for (const name of [...tool.authored, ...required]) expect(properties).toHaveProperty(name);
      for (const name of required) expect(tool.authored).not.toContain(name);
    }
  }
});

test('what authors set, and its defaults', () => {
  const authored = Object.fromEntries(
    providers().flatMap((provider) =>
      (provider.known() ?? []).map((tool) => {
        const { properties } = tool.parameters as { properties: Record<string, { default?: unknown }> };
        return [
          tool.name,
          Object.fromEntries(tool.authored.map((name) => [name, properties[name]?.default])),
        ];
      }),
    ),
  );
  expect(authored).toEqual({
    current_time: { format: '%Y-%m-%d %H:%M:%S', timezone: 'UTC' },
    localtime_to_timestamp: {},
    timestamp_to_localtime: {},
    timezone_conversion: {},
    weekday: {},
    webscraper: { user_agent: 'Mozilla/5.0 (compatible; Parley)', generate_summary: false },
    simple_code: {},
    searxng_search: {
      search_type: 'general',
      time_range: undefined,
      result_type: undefined,
      num_results: undefined,
    },
    tavily_search: {
      max_results: 5,
      include_images: false,
      include_image_descriptions: false,
      include_answer: 'false',
      include_raw_content: 'false',
      include_favicon: false,
      include_usage: false,
      auto_parameters: false,
      chunks_per_source: 3,
      days: undefined,
      project_id: undefined,
    },
    tavily_extract: {
      include_images: false,
      include_favicon: false,
      format: 'markdown',
      chunks_per_source: 3,
      timeout: undefined,
      include_usage: false,
      project_id: undefined,
    },
    ddgo_search: { max_results: 5, require_summary: false, proxy_server: undefined },
    ddgo_translate: { translate_to: 'en', proxy_server: undefined },
    jina_reader: {
      target_selector: undefined,
      wait_for_selector: undefined,
      remove_images: false,
      image_caption: false,
      gather_all_links_at_the_end: false,
      gather_all_images_at_the_end: false,
      proxy_server: undefined,
      no_cache: false,
      max_retries: 3,
      no_cache_track: false,
      summary: false,
      content_format: 'default',
    },
    jina_search: {
      image_caption: false,
      gather_all_links_at_the_end: false,
      gather_all_images_at_the_end: false,
      proxy_server: undefined,
      no_cache: false,
      max_retries: 3,
    },
    wikipedia_search: {},
    translate: { dest: 'en', custom_dest: undefined },
    weather: { lang: 'zh_cn', units: 'metric' },
  });
});

/** As `tool_configurations` and `tool_parameters` of apps that people have exported hold them. */
test.each([
  ['time', 'current_time', { format: '%Y-%m-%d', timezone: 'Asia/Shanghai' }],
  ['webscraper', 'webscraper', { url: 'https://a.example', user_agent: null, generate_summary: null }],
  [
    'jina',
    'jina_reader',
    {
      url: 'https://a.example',
      request_params: null,
      target_selector: null,
      wait_for_selector: null,
      image_caption: 0,
      gather_all_links_at_the_end: 0,
      gather_all_images_at_the_end: 1,
      proxy_server: null,
      no_cache: 0,
      summary: 0,
      max_retries: 3,
    },
  ],
  ['duckduckgo', 'ddgo_search', { query: 'x', max_results: 5, require_summary: 0 }],
  [
    'tavily',
    'tavily_search',
    {
      query: 'x',
      search_depth: 'basic',
      max_results: '3',
      include_answer: 0,
      include_images: 0,
      include_raw_content: 0,
      include_domains: null,
    },
  ],
  ['searxng', 'searxng_search', { query: 'x', search_type: 'Page', result_type: 'link', num_results: 1 }],
  ['openweather', 'weather', { city: 'Beijing', lang: 'zh_cn', units: 'metric' }],
  ['google_translate', 'translate', { content: 'x', dest: 'en' }],
])('%s/%s takes what exported apps hold', (provider, name, args) => {
  const found =
    providers()
      .find((one) => one.name === provider)
      ?.known() ?? [];
  const tool = found.find((one) => one.name === name);
  expect(fitArguments(tool?.parameters ?? {}, args)).toMatchObject({});
});

test('the owner’s time limit is that of each tool', () => {
  const all = providers({ ...settings, name: 'jina', timeoutMs: 20_000 });
  const timeouts = all.flatMap((one) => (one.known() ?? []).map((tool) => [one.name, tool.timeoutMs]));
  for (const [name, timeoutMs] of timeouts) expect(timeoutMs).toBe(name === 'jina' ? 20_000 : null);
});

test('settings of other names change nothing', () => {
  expect(providers({ ...settings, name: 'weather' }).map(({ name }) => name)).toEqual(builtinNames);
});
