import { defineRoute } from '../route.ts';
import { workspace } from '../workspace.ts';

/** `facts/coze-wire.md` §14. Tokens have no people behind them: all are the workspace's owner. */
export const retrieveMe = defineRoute({
  method: 'GET',
  path: '/v1/users/me',
  summary: "Read the token's user",
  scopes: [],
  handle: async () => ({
    data: {
      user_id: workspace.ownerId,
      user_name: 'parley',
      nick_name: workspace.name,
      avatar_url: '',
    },
  }),
});
