/**
 * Tables, alike on SQLite and PostgreSQL: ids are UUIDs in text, times are milliseconds since 1970 in integers,
 * flags are 0 or 1, JSON and decimal prices are text. Rows are written as they stand here; nothing is converted.
 */
export interface Database {
  api_keys: ApiKeyRow;
  access_tokens: AccessTokenRow;
  end_users: EndUserRow;
  user_variables: UserVariableRow;
  app_versions: AppVersionRow;
  conversations: ConversationRow;
  messages: MessageRow;
  conversation_items: ConversationItemRow;
  thoughts: ThoughtRow;
  runs: RunRow;
  workflow_runs: WorkflowRunRow;
  node_executions: NodeExecutionRow;
  conversation_variables: ConversationVariableRow;
  files: FileRow;
  message_files: MessageFileRow;
  feedbacks: FeedbackRow;
  processes: ProcessRow;
}

export interface ApiKeyRow {
  id: string;
  app_id: string;
  /** SHA-256 of the key, hex: the key itself is never stored. */
  hash: string;
  /** First characters, for people to recognise it by. */
  prefix: string;
  created_at: number;
  last_used_at: number | null;
}

/** A token that opens several apps, with named permissions (`facts/coze-wire.md` §4). */
export interface AccessTokenRow {
  id: string;
  /** SHA-256 of the token, hex. */
  hash: string;
  /** First characters, for people to recognise it by. */
  prefix: string;
  /** JSON: ids of the apps that it opens; null: all. */
  apps: string | null;
  /** JSON: names of permissions; null: all. */
  scopes: string | null;
  created_at: number;
  last_used_at: number | null;
}

/** One `user` value under one app (`facts/dify-wire.md` §1.3). */
export interface EndUserRow {
  id: string;
  app_id: string;
  session_id: string;
  is_anonymous: number;
  created_at: number;
  updated_at: number;
}

/** A value that an end user's prompts get wherever no other is given (`facts/coze-wire.md` §14). */
export interface UserVariableRow {
  end_user_id: string;
  name: string;
  value: string;
  created_at: number;
  updated_at: number;
}

/** An app's DSL document as conversations were begun with it. */
export interface AppVersionRow {
  /** `App.id` and `App.version`, with a slash between them. */
  id: string;
  definition: string;
  created_at: number;
}

export interface ConversationRow {
  id: string;
  /** Empty until the first turn, in a conversation that was made for no app. */
  app_id: string;
  /** The version of the app that it was begun with, and goes on with (`facts/dify-wire.md` §7.1); empty until the first turn. */
  app_version: string;
  /** Until the first turn, `NOBODY` of that app, or the account of the token that made it. */
  end_user_id: string;
  /** The surface it was begun on, e.g. `dify`. */
  surface: string;
  name: string;
  /** JSON: the first turn's inputs. */
  inputs: string;
  introduction: string;
  status: 'normal';
  /** JSON: the caller's own pairs; null: none. */
  metadata: string | null;
  /** Where the model's memory begins: turns and items of another section are no context. Null: the first section. */
  section: string | null;
  created_at: number;
  updated_at: number;
}

/** One turn: what the end user said and what the app answered. */
export interface MessageRow {
  id: string;
  app_id: string;
  /** Null for completion apps. */
  conversation_id: string | null;
  end_user_id: string;
  run_id: string;
  /** JSON */
  inputs: string;
  query: string;
  answer: string;
  status: 'normal' | 'error' | 'paused';
  error: string | null;
  prompt_tokens: number;
  answer_tokens: number;
  total_price: string;
  currency: string;
  latency_ms: number;
  /** JSON of `RunOutcome.usage`; null until the run ends. */
  usage: string | null;
  /** The conversation's, when the turn was accepted. */
  section: string | null;
  /** JSON: the caller's own pairs of what was asked, and of the answer; null: none. */
  query_metadata: string | null;
  answer_metadata: string | null;
  /** 1: the half was deleted, or (the query) stands elsewhere in the conversation: neither listed nor context. */
  query_hidden: number;
  answer_hidden: number;
  created_at: number;
  updated_at: number;
}

/**
 * A message of a conversation that is no half of a turn: context that came with a query, messages that were put there
 * by themselves, questions that were suggested.
 */
export interface ConversationItemRow {
  id: string;
  conversation_id: string;
  /** The turn that it came with; null: it stands alone. */
  message_id: string | null;
  /** Its place among the messages of the same `created_at`. */
  position: number;
  role: 'user' | 'assistant';
  /** Empty for those that stand alone. */
  type: 'question' | 'answer' | 'follow_up' | '';
  text: string;
  /** JSON of `RunFile[]`; null: none. */
  files: string | null;
  /** JSON: the caller's own pairs; null: none. */
  metadata: string | null;
  section: string | null;
  /** That of its turn, when it has one. */
  created_at: number;
  updated_at: number;
}

/** One round of an agent in a turn (`runs/thought.ts`). */
export interface ThoughtRow {
  id: string;
  app_id: string;
  message_id: string;
  /** From 1, in its turn. */
  position: number;
  text: string;
  /** JSON of `ToolUse[]`. */
  uses: string;
  /** JSON: ids of message files. */
  files: string;
  created_at: number;
}

/** `paused`: it waits for what its caller executes, in no process. */
export type RunStatus = 'running' | 'paused' | 'succeeded' | 'failed' | 'stopped';

export interface RunRow {
  /** The wire's task id. */
  id: string;
  app_id: string;
  /** SHA-256 of the app definition that ran. */
  app_version: string;
  end_user_id: string;
  message_id: string;
  /** Null for completion apps. */
  conversation_id: string | null;
  surface: string;
  status: RunStatus;
  error: string | null;
  /** `ParleyError.code` of it. */
  error_code: string | null;
  /** Who or what stopped it: `user`, `timeout`, `disconnect`, `shutdown`. */
  stopped_by: string | null;
  /** The process that executes it; see `processes`. */
  process_id: string;
  /** JSON: the caller's own pairs; null: none. */
  metadata: string | null;
  /** When the turn was given up, though its answer may still go on: it is no context of later turns. */
  canceled_at: number | null;
  created_at: number;
  finished_at: number | null;
}

/** What a run of a workflow was and did, beside its `runs` row (`facts/dify-wire.md` §12.1). */
export interface WorkflowRunRow {
  /** The wire's `workflow_run_id`. */
  id: string;
  run_id: string;
  app_id: string;
  end_user_id: string;
  /** The wire's `workflow_id`, that of the app's version. */
  workflow_id: string;
  status: 'running' | 'paused' | 'succeeded' | 'partial-succeeded' | 'failed' | 'stopped';
  /** JSON; while it runs without the system's variables. */
  inputs: string;
  /** JSON; null: none were made. */
  outputs: string | null;
  error: string | null;
  elapsed_ms: number;
  total_tokens: number;
  total_steps: number;
  exceptions_count: number;
  created_at: number;
  finished_at: number | null;
}

/** One execution of a node in a run of a workflow. */
export interface NodeExecutionRow {
  id: string;
  app_id: string;
  workflow_run_id: string;
  node_id: string;
  node_type: string;
  title: string;
  /** From 1, in the order in which nodes ended. */
  position: number;
  status: 'succeeded' | 'failed' | 'exception';
  /** JSON, like the next two. */
  inputs: string;
  process_data: string;
  outputs: string;
  error: string | null;
  elapsed_ms: number;
  /** JSON: tokens, prices, rounds of containers, `tool_info` and the like, in Dify's terms. */
  metadata: string;
  created_at: number;
  finished_at: number;
}

/** A variable that a chatflow keeps from turn to turn (`facts/dify-wire.md` §8.5). */
export interface ConversationVariableRow {
  id: string;
  app_id: string;
  conversation_id: string;
  name: string;
  /** `string`, `number`, `integer`, `float`, `boolean`, `object`, `secret`, `array[string]`, … */
  value_type: string;
  /** JSON */
  value: string;
  description: string;
  created_at: number;
  updated_at: number;
}

/** An uploaded file; its bytes lie in the file storage under its id. */
export interface FileRow {
  id: string;
  app_id: string;
  end_user_id: string;
  name: string;
  size: number;
  extension: string;
  mime_type: string;
  created_at: number;
}

export interface MessageFileRow {
  id: string;
  app_id: string;
  message_id: string;
  /** Null for remote files. */
  file_id: string | null;
  type: string;
  transfer_method: string;
  url: string | null;
  filename: string;
  mime_type: string;
  size: number;
  belongs_to: 'user' | 'assistant';
  position: number;
}

export interface FeedbackRow {
  id: string;
  app_id: string;
  conversation_id: string | null;
  message_id: string;
  end_user_id: string;
  rating: 'like' | 'dislike';
  content: string | null;
  /** JSON: kinds of reason that the end user chose from; null: none. */
  reasons: string | null;
  created_at: number;
  updated_at: number;
}

/** A server process, known by the id in its data folder; runs of a process that stopped beating are orphans. */
export interface ProcessRow {
  id: string;
  beat_at: number;
}
