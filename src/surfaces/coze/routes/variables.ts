import * as z from 'zod';
import type { App } from '../../../apps/app.ts';
import { validateInputs } from '../../../apps/validate-inputs.ts';
import { findEndUserByName, findOrCreateEndUser } from '../../../store/end-users.ts';
import { listUserVariables, setUserVariables } from '../../../store/user-variables.ts';
import { unixSeconds } from '../../unix-seconds.ts';
import { botVariables } from '../bot-variables.ts';
import { chatInputs } from '../chat-inputs.ts';
import { missingResource, parameterError } from '../coze-error.ts';
import { type CozeContext, defineRoute } from '../route.ts';
import { list, optionalId, optionalText, text } from '../schema.ts';
import { workspace } from '../workspace.ts';

/** Width of an end user's name, as in chats. */
const MAX_USER = 255;
/** Characters of one value: room for a long document, for it goes into prompts. */
const MAX_VALUE = 65_536;
/** More than any form has. */
const MAX_SET = 1000;

/** Whose variables they are (`facts/coze-wire.md` §14): `connector_uid` is what chats call `user_id`. */
const whose = z.object({
  bot_id: optionalId,
  app_id: optionalId,
  connector_uid: optionalText(text(MAX_USER)),
});

/** Variables that were never set have their defaults, and 0 for times. */
export const retrieveVariables = defineRoute({
  method: 'GET',
  path: '/v1/variables',
  summary: "Read a user's variables",
  scopes: ['readVariable'],
  query: whose.extend({ keywords: optionalText() }),
  async handle(context, { query }) {
    const { store } = context.parts;
    const { app, name } = whoseOf(context, query);
    const endUser = await findEndUserByName(store, app.id, name);
    const rows = endUser ? await listUserVariables(store, endUser.id) : [];
    const set = new Map(rows.map((row) => [row.name, row]));
    const wanted = query.keywords?.split(',').map((keyword) => keyword.trim());
    return {
      data: {
        items: botVariables(app)
          .filter(({ keyword }) => wanted?.includes(keyword) ?? true)
          .map(({ keyword, defaultValue }) => {
            const row = set.get(keyword);
            return {
              keyword,
              value: row?.value ?? defaultValue,
              create_time: row ? unixSeconds(row.created_at) : 0,
              update_time: row ? unixSeconds(row.updated_at) : 0,
            };
          }),
      },
    };
  },
});

/** Values are held to the rules of the bot's form here: one that breaks them would fail every chat to come. */
export const updateVariables = defineRoute({
  method: 'PUT',
  path: '/v1/variables',
  summary: "Set a user's variables",
  scopes: ['updateVariable'],
  body: whose.extend({
    data: list(z.object({ keyword: text(), value: text(MAX_VALUE) }), { min: 1, max: MAX_SET }),
  }),
  async handle(context, { body }) {
    const { store } = context.parts;
    const { app, name } = whoseOf(context, body);
    const values = new Map(body.data.map(({ keyword, value }) => [keyword, value]));
    const variables = new Map(botVariables(app).map((variable) => [variable.keyword, variable]));
    for (const [keyword, value] of values) {
      const variable = variables.get(keyword);
      if (!variable) throw parameterError(`the bot has no variable ${keyword.slice(0, 100)}.`);
      validateInputs([variable.field], chatInputs(app, { [keyword]: value }));
    }
    await setUserVariables(
      store,
      (await findOrCreateEndUser(store, app.id, name)).id,
      [...values].map(([name, value]) => ({ name, value })),
    );
    return {};
  },
});

/** @throws CozeError 4000 unless one of `bot_id` and `app_id` is there; 4200 for an app, for there are only bots */
function whoseOf(
  context: CozeContext,
  { bot_id, app_id, connector_uid }: z.output<typeof whose>,
): { readonly app: App; readonly name: string } {
  if (bot_id !== undefined && app_id !== undefined)
    throw parameterError('bot_id and app_id cannot be given together.');
  if (app_id !== undefined) throw missingResource('app_id', app_id);
  if (bot_id === undefined) throw parameterError('bot_id is required.');
  return { app: context.bot(bot_id), name: connector_uid ?? workspace.ownerId };
}
