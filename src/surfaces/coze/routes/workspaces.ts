import * as z from 'zod';
import { pageNumber, pageOf, pageSize } from '../page.ts';
import { defineRoute } from '../route.ts';
import { workspace } from '../workspace.ts';

/** `facts/coze-wire.md` §14, with every field that cozepy requires (§20). */
export const listWorkspaces = defineRoute({
  method: 'GET',
  path: '/v1/workspaces',
  summary: 'List workspaces',
  scopes: ['listWorkspace'],
  query: z.object({ page_num: pageNumber, page_size: pageSize(20) }),
  async handle(_context, { query }) {
    const all = [
      {
        id: workspace.id,
        name: workspace.name,
        icon_url: '',
        role_type: 'owner',
        workspace_type: 'personal',
        enterprise_id: '',
        owner_uid: workspace.ownerId,
      },
    ];
    return {
      data: { total_count: all.length, workspaces: pageOf(all, query.page_num, query.page_size).items },
    };
  },
});
