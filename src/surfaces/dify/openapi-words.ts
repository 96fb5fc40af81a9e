import type { DifyRoute } from './route.ts';

/** What the OpenAPI document says that no schema says. */

export const BLURB =
  'The Dify Service API as Parley serves it. Every request carries the key of one app: `Authorization: Bearer app-…`. ' +
  'Clients written for Dify work as they are, with this server as their base URL.';

export const APPS: Readonly<Record<DifyRoute['modes'], string>> = {
  any: 'For every app.',
  chat: 'For chat apps, agents and chatflows; the key of another app is answered with `not_chat_app`.',
  completion: 'For completion apps; the key of another app is answered with `app_unavailable`.',
  workflow: 'For workflow apps; the key of another app is answered with `not_workflow_app`.',
  graph: 'For workflow apps and chatflows; the key of another app is answered with `not_workflow_app`.',
};

export const USER =
  'Names the end user: any string that your application chooses. What one end user made is hidden from others.';

/** What fields mean, wherever they stand; a schema's own description goes first. */
export const MEANINGS: Readonly<Record<string, string>> = {
  inputs: 'Values of the input form, by variable; see `GET /parameters` for the form.',
  query: 'What the end user says.',
  response_mode: '`streaming` for server-sent events, `blocking` (the default) for the whole answer at once.',
  conversation_id: 'Goes on with that conversation; absent or empty: begins a new one.',
  files:
    'Files for the model: `{"type": "image", "transfer_method": "remote_url", "url": "https://…"}`, or `local_file` with `upload_file_id`.',
  auto_generate_name: 'Lets the model write the title of a new conversation.',
  task_id: 'Names a running answer to the stop route; every event of its stream carries it.',
  workflow_run_id: 'Names a run of a workflow, for its details.',
  workflow_id: 'Names a version of a workflow; in a request: the one that runs, absent: the newest.',
  limit: 'How many to return at most.',
  first_id: 'Of the first item on the page before; absent: the newest page.',
  last_id: 'Of the last item on the page before; absent: the first page.',
  has_more: 'Whether there is another page.',
  created_at: 'Seconds since 1970.',
  updated_at: 'Seconds since 1970.',
};

/** Values for examples, by field; required fields that are not here get one that fits their type. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  query: 'What can you help me with?',
  response_mode: 'streaming',
  user: 'abc-123',
  rating: 'like',
  text: 'Hello there!',
  name: 'A better title',
};
