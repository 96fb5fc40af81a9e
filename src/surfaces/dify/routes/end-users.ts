import * as z from 'zod';
import { ParleyError } from '../../../errors.ts';
import { findEndUser } from '../../../store/end-users.ts';
import { isoTime } from '../iso-time.ts';
import { defineRoute } from '../route.ts';
import { uuidParam } from '../schema.ts';
import { TENANT_ID, wireAppId } from '../wire-ids.ts';

/** An end user of this app, by the id that uploads carry as `created_by` (`facts/dify-wire.md` §9.2). */
export const getEndUser = defineRoute({
  method: 'GET',
  path: '/end-users/:end_user_id',
  summary: 'Read an end user',
  tag: 'End users',
  modes: 'any',
  user: { in: 'nowhere' },
  params: z.object({ end_user_id: uuidParam }),
  response: {
    status: 200,
    schema: z.object({
      id: z.uuid(),
      tenant_id: z.uuid(),
      app_id: z.uuid(),
      type: z.literal('service-api'),
      external_user_id: z.string(),
      name: z.null(),
      is_anonymous: z.boolean(),
      session_id: z.string(),
      created_at: z.string(),
      updated_at: z.string(),
    }),
  },
  async handle({ app, parts }, { params }) {
    const row = await findEndUser(parts.store, app.id, params.end_user_id);
    if (!row) throw new ParleyError('end_user_not_found', 404, 'End user not found.');
    return {
      id: row.id,
      tenant_id: TENANT_ID,
      app_id: wireAppId(app.id),
      type: 'service-api',
      external_user_id: row.session_id,
      name: null,
      is_anonymous: row.is_anonymous === 1,
      session_id: row.session_id,
      created_at: isoTime(row.created_at),
      updated_at: isoTime(row.updated_at),
    };
  },
});
