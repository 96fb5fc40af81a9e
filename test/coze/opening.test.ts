import { expect, test } from 'vitest';
import type { App } from '../../src/apps/app.ts';
import { findOrCreateEndUser } from '../../src/store/end-users.ts';
import { openHall } from '../runs/hall.ts';

/** What `surfaces/coze/routes/chat.ts` relies on: `created` and `in_progress` stand in the stream before anything else. */
test('whoever starts a run sees it when it is committed, and before its engine has begun', async () => {
  const order: string[] = [];
  const hall = await openHall(async (task) => {
    order.push('engine');
    task.emit({ kind: 'text', text: 'said at once' });
  });
  const endUser = await findOrCreateEndUser(hall.store, 'app', 'user');
  const app = {
    id: 'app',
    mode: 'chat',
    version: 'v',
    definition: '',
    config: { inputForm: [], fileUpload: { enabled: false }, openingStatement: '' },
    settings: { onDisconnect: { kind: 'continue' }, maxConcurrency: null },
  } as unknown as App;
  const run = await hall.runs.start(
    {
      app,
      endUser: { id: endUser.id, sessionId: 'user' },
      surface: 'coze',
      query: 'q',
      inputs: {},
      files: [],
      conversationId: null,
      autoGenerateName: false,
    },
    (run) => order.push(`opening after ${run.log.last} events`),
  );
  await run.ended;
  expect(order).toEqual(['opening after 0 events', 'engine']);
  await hall.close();
});
