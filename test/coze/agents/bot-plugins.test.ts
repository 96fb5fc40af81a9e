import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { agentApp, chatApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import { botId, dataOf } from '../chats.ts';
import { lacking } from '../required.ts';
import { DEVICE, locate, ring, weekday } from './device.ts';

let coze: TestCoze;

/** The same app with another icon. */
function withIcon(dsl: string, icon: string): string {
  const document = parse(dsl);
  return stringify({ ...document, app: { ...document.app, icon_type: 'link', icon } });
}

const app = (id: string) => ({ type: 'workflow', provider: id, tool: id });
const entry = (tool: string, more: object) => ({
  provider_type: 'builtin',
  provider_id: 'time',
  provider_name: 'time',
  tool_name: tool,
  tool_label: tool,
  tool_parameters: {},
  ...more,
});

beforeAll(async () => {
  coze = await startCoze({
    apps: {
      agent: agentApp([
        weekday,
        locate,
        { provider: 'time', tool: 'current_time' },
        ring,
        weekday,
        app('pretty'),
      ]),
      lacking: agentApp([weekday, { provider: 'nowhere', tool: 'nothing' }, app('evil')]),
      partly: agentApp([], {
        agent: { tools: [entry('weekday', { enabled: true }), entry('current_time', { enabled: false })] },
      }),
      pretty: withIcon(chatApp(), 'https://img.example/p.png'),
      evil: withIcon(chatApp(), 'javascript:alert(1)'),
    },
    config: { tools: [DEVICE], app_settings: { lacking: { missing_tools: 'ignore' } } },
  });
});
afterAll(() => coze.close());

interface Plugin {
  readonly plugin_id: string;
  readonly name: string;
  readonly icon_url: string;
  readonly api_info_list: readonly { readonly api_id: string; readonly name: string }[];
}

async function pluginsOf(name: string): Promise<readonly Plugin[]> {
  const paths = [`/v1/bots/${botId(name)}`, `/v1/bot/get_online_info?bot_id=${botId(name)}`];
  const [bot, same] = await Promise.all(
    paths.map((path) => dataOf<{ plugin_info_list: Plugin[] }>(coze.request('GET', path))),
  );
  expect(same).toEqual(bot);
  return bot?.plugin_info_list ?? [];
}

/** As cozepy demands of parts that are there (`facts/coze-wire.md` §13, §20). */
const plugin = {
  plugin_id: 'string',
  name: 'string',
  description: 'string',
  icon_url: 'string',
  api_info_list: 'array',
} as const;
const api = { api_id: 'string', name: 'string', description: 'string' } as const;

test('the tools of an agent are its plugins, by provider, each tool once; each part is complete', async () => {
  const plugins = await pluginsOf('agent');
  expect(plugins.map(({ name, api_info_list }) => [name, api_info_list.map(({ name }) => name)])).toEqual([
    ['time', ['weekday', 'current_time']],
    ['device', ['get_location', 'ring']],
    ['pretty', ['pretty']],
  ]);
  for (const one of plugins) {
    expect(lacking(plugin, one)).toEqual([]);
    expect(one.plugin_id).toMatch(/^\d{15,19}$/);
    for (const tool of one.api_info_list) {
      expect(lacking(api, tool)).toEqual([]);
      expect(tool.api_id).toMatch(/^\d{15,19}$/);
    }
  }
  const ids = plugins.flatMap(({ plugin_id, api_info_list }) => [
    plugin_id,
    ...api_info_list.map(({ api_id }) => api_id),
  ]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(plugins[1]?.api_info_list[0]).toMatchObject({ description: 'Where the device is' });
});

test('an icon is the address of a picture on the web, or none', async () => {
  expect((await pluginsOf('agent')).map(({ icon_url }) => icon_url)).toEqual([
    '',
    '',
    'https://img.example/p.png',
  ]);
  expect((await pluginsOf('lacking')).map(({ icon_url }) => icon_url)).toEqual(['', '']);
});

test('tools that are missing or switched off are none, and other apps have none', async () => {
  expect((await pluginsOf('lacking')).map(({ name }) => name)).toEqual(['time', 'evil']);
  expect((await pluginsOf('partly')).map(({ api_info_list }) => api_info_list.length)).toEqual([1]);
  expect(await pluginsOf('pretty')).toEqual([]);
});

test('the official client reads them', async () => {
  const bot = await coze.client.bots.retrieveNew(botId('agent'));
  expect(bot).toMatchObject({ bot_mode: 0, plugin_info_list: [{ name: 'time' }, { name: 'device' }, {}] });
});
