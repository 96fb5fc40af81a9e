import { v5 as nameUuid } from 'uuid';

/** Where Dify has a UUID and Parley has nothing: `parent_message_id`, a completion's conversation. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

const NAMESPACE = '6b6f0c7a-1f0e-4d8e-9d0b-5d0a3b3f4c61';

/** Clients expect a workspace id; a Parley server is one workspace. */
export const TENANT_ID = nameUuid('workspace', NAMESPACE);

/** Dify's logs have ids of their own; here each is of one run. */
export function wireLogId(workflowRunId: string): string {
  return nameUuid(`log/${workflowRunId}`, NAMESPACE);
}

/** The UUID that stands for an app on this wire; its own id is the name of its file. */
export function wireAppId(appId: string): string {
  return nameUuid(`app/${appId}`, NAMESPACE);
}
