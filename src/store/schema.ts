/**
 * Tables, alike on SQLite and PostgreSQL: ids are UUIDs in text, times are milliseconds since 1970 in integers,
 * flags are 0 or 1, JSON and decimal prices are text. Rows are written as they stand here; nothing is converted.
 */
export interface Database {
  api_keys: ApiKeyRow;
  end_users: EndUserRow;
  app_versions: AppVersionRow;
  conversations: ConversationRow;
  messages: MessageRow;
  runs: RunRow;
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

/** One `user` value under one app (`facts/dify-wire.md` §1.3). */
export interface EndUserRow {
  id: string;
  app_id: string;
  session_id: string;
  is_anonymous: number;
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
  app_id: string;
  /** The version of the app that it was begun with, and goes on with (`facts/dify-wire.md` §7.1). */
  app_version: string;
  end_user_id: string;
  /** The surface it was begun on, e.g. `dify`. */
  surface: string;
  name: string;
  /** JSON: the first turn's inputs. */
  inputs: string;
  introduction: string;
  status: 'normal';
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
  created_at: number;
  updated_at: number;
}

export type RunStatus = 'running' | 'succeeded' | 'failed' | 'stopped';

export interface RunRow {
  /** The wire's task id. */
  id: string;
  app_id: string;
  /** SHA-256 of the app definition that ran. */
  app_version: string;
  end_user_id: string;
  message_id: string;
  surface: string;
  status: RunStatus;
  error: string | null;
  /** Who or what stopped it: `user`, `timeout`, `disconnect`, `shutdown`. */
  stopped_by: string | null;
  /** The process that executes it; see `processes`. */
  process_id: string;
  created_at: number;
  finished_at: number | null;
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
  created_at: number;
  updated_at: number;
}

/** A server process, known by the id in its data folder; runs of a process that stopped beating are orphans. */
export interface ProcessRow {
  id: string;
  beat_at: number;
}
