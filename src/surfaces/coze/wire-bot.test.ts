import { describe, expect, test } from 'vitest';
import { app } from '../../../test/support/apps/read-app.fixture.ts';
import type { ToolInfo } from '../../runs/app-services.ts';
import { namedId } from './ids.ts';
import { iconUrl, wireBot } from './wire-bot.ts';

const bot = app('pre_prompt: Hi');
const emoji = { background: '#fff', content: '🔧' };
const tool = (provider: string, name: string, more: Partial<ToolInfo> = {}): ToolInfo => ({
  ...{ provider, name, label: {}, description: `${name} does it`, icon: emoji, executedBy: 'server' },
  ...more,
});
const pluginsOf = (...tools: readonly ToolInfo[]) =>
  wireBot(bot, tools).plugin_info_list as readonly Record<string, unknown>[];

describe('plugins', () => {
  test('none of an app without tools', () => {
    expect(pluginsOf()).toEqual([]);
  });

  test('a provider is one, with all that cozepy demands (`facts/coze-wire.md` §13)', () => {
    expect(pluginsOf(tool('time', 'now'), tool('device', 'ring'), tool('time', 'then'))).toEqual([
      {
        plugin_id: namedId('plugin', 'time'),
        name: 'time',
        description: '',
        icon_url: '',
        api_info_list: [
          { api_id: namedId('api', 'time/now'), name: 'now', description: 'now does it' },
          { api_id: namedId('api', 'time/then'), name: 'then', description: 'then does it' },
        ],
      },
      {
        plugin_id: namedId('plugin', 'device'),
        name: 'device',
        description: '',
        icon_url: '',
        api_info_list: [{ api_id: namedId('api', 'device/ring'), name: 'ring', description: 'ring does it' }],
      },
    ]);
  });

  test('a tool that an app names twice is one', () => {
    const [plugin] = pluginsOf(tool('time', 'now'), tool('time', 'now'));
    expect(plugin?.api_info_list).toHaveLength(1);
  });

  test.each([
    ['https://img.example/a.png', 'https://img.example/a.png'],
    ['HTTP://img.example/a.png', 'HTTP://img.example/a.png'],
    ['javascript:alert(1)', ''],
    ['data:image/png;base64,AAAA', ''],
    ['/icons/a.png', ''],
    ['', ''],
  ])('the icon %s is shown as %j', (icon, shown) => {
    expect(pluginsOf(tool('p', 'a'), tool('p', 'b', { icon }))).toMatchObject([{ icon_url: shown }]);
    expect(iconUrl({ ...bot, icon: { type: 'link', value: icon } } as typeof bot)).toBe(shown);
  });
});

test('an agent’s prompt, variables and model are those of any bot', () => {
  const agent = app(
    [
      'pre_prompt: "You are {{role}}"',
      'user_input_form: [{ text-input: { label: Role, variable: role, default: nobody } }]',
      'agent_mode: { enabled: true, strategy: react, tools: [] }',
    ].join('\n'),
    'agent-chat',
  );
  expect(wireBot(agent, [])).toMatchObject({
    bot_mode: 0,
    prompt_info: { prompt: 'You are {{role}}' },
    model_info: { model_name: 'gpt-4o-mini', temperature: 0.5 },
    variables: [{ keyword: 'role', default_value: 'nobody' }],
    plugin_info_list: [],
    workflow_info_list: [],
  });
});
