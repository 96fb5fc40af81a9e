import * as z from 'zod';
import { namedId } from '../ids.ts';
import { pageNumber, pageOf, pageSize } from '../page.ts';
import { type CozeContext, defineRoute } from '../route.ts';
import { id, optionalId, optionalText } from '../schema.ts';
import { BOT_TIME, iconUrl, wireBot } from '../wire-bot.ts';
import { workspace } from '../workspace.ts';

async function readBot(context: CozeContext, botId: string): Promise<Readonly<Record<string, unknown>>> {
  const app = context.bot(botId);
  return wireBot(app, await context.parts.services.tools(app));
}

/** `facts/coze-wire.md` §13, by the older of two paths. */
export const retrieveOnlineBot = defineRoute({
  method: 'GET',
  path: '/v1/bot/get_online_info',
  summary: 'Read a bot (older path)',
  scopes: ['getMetadata'],
  query: z.object({ bot_id: id }),
  handle: async (context, { query }) => ({ data: await readBot(context, query.bot_id) }),
});

/** A bot is always published, and has no other draft: `is_published` makes no difference. */
export const retrieveBot = defineRoute({
  method: 'GET',
  path: '/v1/bots/:bot_id',
  summary: 'Read a bot',
  scopes: ['getMetadata'],
  params: z.object({ bot_id: id }),
  handle: async (context, { params }) => ({ data: await readBot(context, params.bot_id) }),
});

/** `publish_time` is text (`facts/coze-wire.md` §13). */
export const listPublishedBots = defineRoute({
  method: 'GET',
  path: '/v1/space/published_bots_list',
  summary: 'List bots (older path)',
  scopes: ['getPublishedBot'],
  query: z.object({ space_id: optionalId, page_index: pageNumber, page_size: pageSize(20) }),
  async handle(context, { query }) {
    const bots = context.bots();
    return {
      data: {
        total: bots.length,
        space_bots: pageOf(bots, query.page_index, query.page_size).items.map((app) => ({
          bot_id: namedId('bot', app.id),
          bot_name: app.name,
          description: app.description,
          icon_url: iconUrl(app),
          publish_time: String(BOT_TIME),
        })),
      },
    };
  },
});

export const listBots = defineRoute({
  method: 'GET',
  path: '/v1/bots',
  summary: 'List bots',
  scopes: ['listBot'],
  query: z.object({
    workspace_id: optionalId,
    publish_status: optionalText(z.enum(['all', 'published_online', 'published_draft', 'unpublished_draft'])),
    page_num: pageNumber,
    page_size: pageSize(20),
  }),
  async handle(context, { query }) {
    const bots = query.publish_status === 'unpublished_draft' ? [] : context.bots();
    return {
      data: {
        total: bots.length,
        items: pageOf(bots, query.page_num, query.page_size).items.map((app) => ({
          id: namedId('bot', app.id),
          name: app.name,
          description: app.description,
          icon_url: iconUrl(app),
          is_published: true,
          updated_at: BOT_TIME,
          published_at: BOT_TIME,
          owner_user_id: workspace.ownerId,
          folder_id: '',
        })),
      },
    };
  },
});
