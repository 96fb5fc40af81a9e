import * as z from 'zod';
import type { App } from '../../../apps/app.ts';
import type { ToolInfo } from '../../../runs/app-services.ts';
import type { DifyParts } from '../dify-parts.ts';
import { appParameters } from '../parameters.ts';
import { defineRoute } from '../route.ts';

const about = { method: 'GET', tag: 'App', modes: 'any', user: { in: 'nowhere' } } as const;

/** `facts/dify-wire.md` §9.2. */
export const appInfo = defineRoute({
  ...about,
  path: '/info',
  summary: 'Say what the app is',
  response: {
    status: 200,
    schema: z.object({
      name: z.string(),
      description: z.string(),
      tags: z.array(z.string()),
      mode: z.string(),
      author_name: z.string(),
    }),
  },
  async handle({ app }) {
    // A DSL file names no author.
    return { name: app.name, description: app.description, tags: app.tags, mode: app.mode, author_name: '' };
  },
});

/** Feature objects are repeated as the app's author stored them, so they may have more keys than these. */
const feature = z.looseObject({ enabled: z.boolean().optional() });

/** Functions that the caller would have to execute are not called over this surface. */
async function callableTools({ services }: DifyParts, app: App): Promise<readonly ToolInfo[]> {
  return (await services.tools(app)).filter(({ executedBy }) => executedBy === 'server');
}

const toolItem = z.object({
  provider_name: z.string(),
  tool_name: z.string(),
  tool_label: z.record(z.string(), z.string()),
  description: z.string(),
});

/** `facts/dify-wire.md` §9.1; of an agent also, as an addition of Parley's, what it can call. */
export const parameters = defineRoute({
  ...about,
  path: '/parameters',
  summary: 'Read the features and the input form of the app',
  response: {
    status: 200,
    schema: z.object({
      opening_statement: z.string(),
      suggested_questions: z.array(z.string()),
      suggested_questions_after_answer: feature,
      speech_to_text: feature,
      text_to_speech: feature,
      retriever_resource: feature,
      annotation_reply: feature,
      more_like_this: feature,
      user_input_form: z.array(z.record(z.string(), z.unknown())),
      sensitive_word_avoidance: feature,
      file_upload: z.looseObject({ image: z.looseObject({}).optional() }),
      system_parameters: z.object({
        image_file_size_limit: z.int(),
        video_file_size_limit: z.int(),
        audio_file_size_limit: z.int(),
        file_size_limit: z.int(),
        workflow_file_upload_limit: z.int(),
      }),
      tools: z.array(toolItem).optional(),
    }),
  },
  async handle({ app, parts }) {
    const parameters = appParameters(app, parts.limits);
    if (app.mode !== 'agent-chat') return parameters;
    const tools = await callableTools(parts, app);
    return {
      ...parameters,
      tools: tools.map(({ provider, name, label, description }) => ({
        provider_name: provider,
        tool_name: name,
        tool_label: label,
        description,
      })),
    };
  },
});

const icon = z.union([z.string(), z.object({ background: z.string(), content: z.string() })]);

/** `facts/dify-wire.md` §9.2: by the names of tools. */
export const appMeta = defineRoute({
  ...about,
  path: '/meta',
  summary: 'List the icons of the tools',
  response: { status: 200, schema: z.object({ tool_icons: z.record(z.string(), icon) }) },
  async handle({ app, parts }) {
    const tools = await callableTools(parts, app);
    return { tool_icons: Object.fromEntries(tools.map(({ name, icon }) => [name, icon])) };
  },
});

/**
 * `facts/dify-wire.md` §9.2. A DSL file carries no web page settings; what it lacks is empty rather than null, which
 * Dify's published schema does not have here.
 */
export const appSite = defineRoute({
  ...about,
  path: '/site',
  summary: 'Read the settings of the web page',
  response: {
    status: 200,
    schema: z.object({
      title: z.string(),
      chat_color_theme: z.string(),
      chat_color_theme_inverted: z.boolean(),
      icon_type: z.string(),
      icon: z.string(),
      icon_background: z.string(),
      description: z.string(),
      copyright: z.string(),
      privacy_policy: z.string(),
      input_placeholder: z.string(),
      custom_disclaimer: z.string(),
      default_language: z.string(),
      show_workflow_steps: z.boolean(),
      use_icon_as_answer_icon: z.boolean(),
      icon_url: z.string().nullable(),
    }),
  },
  async handle({ app }) {
    const { type, value, background } = app.icon;
    return {
      title: app.name,
      chat_color_theme: '',
      chat_color_theme_inverted: false,
      icon_type: type,
      icon: value,
      icon_background: background,
      description: app.description,
      copyright: '',
      privacy_policy: '',
      input_placeholder: '',
      custom_disclaimer: '',
      default_language: 'en-US',
      show_workflow_steps: true,
      use_icon_as_answer_icon: app.useIconAsAnswerIcon,
      icon_url: type === 'link' ? value : null,
    };
  },
});
