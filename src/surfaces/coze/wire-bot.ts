import type { App, AppConfig } from '../../apps/app.ts';
import type { ToolInfo } from '../../runs/app-services.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { botVariables } from './bot-variables.ts';
import { namedId } from './ids.ts';
import { workspace } from './workspace.ts';

/** Apps have no times of their own: to its clients, a bot is as old as the process that serves it. */
export const BOT_TIME = unixSeconds(performance.timeOrigin);

/**
 * An app as a Bot (`facts/coze-wire.md` §13). Parts are complete or not there, as cozepy demands (§20); lists of what
 * an app has none of are empty.
 */
export function wireBot(app: App, tools: readonly ToolInfo[]): Readonly<Record<string, unknown>> {
  const { config } = app;
  return {
    bot_id: namedId('bot', app.id),
    name: app.name,
    description: app.description,
    icon_url: iconUrl(app),
    create_time: BOT_TIME,
    update_time: BOT_TIME,
    version: versionNumber(app),
    prompt_info: { prompt: promptOf(config) },
    onboarding_info: {
      prologue: config.openingStatement,
      suggested_questions: config.suggestedQuestions,
    },
    bot_mode: 0,
    model_info: modelInfo(config.model),
    plugin_info_list: pluginsOf(tools),
    workflow_info_list: [],
    knowledge: { dataset_ids: [], knowledge_infos: [] },
    shortcut_commands: [],
    suggest_reply_info: { reply_mode: config.suggestedQuestionsAfterAnswer ? 'enable' : 'disable' },
    background_image_info: {},
    variables: botVariables(app).map(({ keyword, defaultValue, field }) => ({
      keyword,
      default_value: defaultValue,
      variable_type: 'KVVariable',
      channel: 'custom',
      description: field.label,
      enable: true,
      prompt_enable: true,
    })),
    voice_info_list: [],
    default_user_input_type: 'text',
    owner_user_id: workspace.ownerId,
    folder_id: '',
  };
}

/** Providers of tools are plugins here, and their tools APIs, once each however often the app names them. */
function pluginsOf(tools: readonly ToolInfo[]): readonly Readonly<Record<string, unknown>>[] {
  return [...Map.groupBy(tools, ({ provider }) => provider)].map(([provider, itsTools]) => ({
    plugin_id: namedId('plugin', provider),
    name: provider,
    description: '',
    icon_url: itsTools.map(({ icon }) => icon).find(isOnTheWeb) ?? '',
    api_info_list: [...new Map(itsTools.map((tool) => [tool.name, tool])).values()].map(
      ({ name, description }) => ({ api_id: namedId('api', `${provider}/${name}`), name, description }),
    ),
  }));
}

/** Where a client finds the icon; empty where it is no picture on the web. */
export function iconUrl({ icon }: App): string {
  return icon.type === 'link' && isOnTheWeb(icon.value) ? icon.value : '';
}

function isOnTheWeb(icon: ToolInfo['icon']): icon is string {
  return typeof icon === 'string' && /^https?:\/\//i.test(icon);
}

/** What the app tells its model in every chat. */
function promptOf({ prompt }: AppConfig): string {
  switch (prompt.kind) {
    case 'simple':
      return prompt.prePrompt;
    case 'advanced-chat':
      return prompt.messages
        .filter(({ role }) => role === 'system')
        .map(({ text }) => text)
        .join('\n\n');
    case 'advanced-completion':
      return prompt.text;
  }
}

const NUMBERS = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty'];
const INTEGERS = ['max_tokens', 'top_k'];

/** Settings of the app, where they are numbers; what it does not set is the provider's business, and left out. */
function modelInfo({ provider, name, completionParams }: AppConfig['model']) {
  const set = Object.entries(completionParams).filter(
    ([key, value]) =>
      (NUMBERS.includes(key) && Number.isFinite(value)) ||
      (INTEGERS.includes(key) && Number.isSafeInteger(value)),
  );
  return { ...Object.fromEntries(set), model_id: namedId('model', `${provider}/${name}`), model_name: name };
}

/** Decimal digits, as Coze's versions are; of the definition, so that it changes as the app does. */
function versionNumber({ version }: App): string {
  return Number.parseInt(version.slice(0, 12), 16).toString();
}
