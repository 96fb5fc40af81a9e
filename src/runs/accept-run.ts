import type { App } from '../apps/app.ts';
import { renderTemplate } from '../apps/render-template.ts';
import { validateInputs } from '../apps/validate-inputs.ts';
import { invalidParam, notFound, ParleyError } from '../errors.ts';
import { findConversation } from '../store/conversations.ts';
import { newId } from '../store/new-id.ts';
import type { Store } from '../store/open-store.ts';
import type { Owner } from '../store/owner.ts';
import { acceptTurn } from '../store/runs.ts';
import type { ConversationRow, MessageFileRow } from '../store/schema.ts';
import { resolveFiles } from './resolve-files.ts';
import type { RunFacts } from './run.ts';
import type { RunFile } from './run-file.ts';
import type { RunRequest } from './run-request.ts';
import type { RunsOptions } from './runs-options.ts';

/** Conversation names before a title is found: the query, or its first 20 characters (`facts/dify-wire.md` §7.1). */
const SNIPPET_LENGTH = 20;

/** A run that is committed, with what its engine needs. */
export interface AcceptedRun {
  readonly facts: RunFacts;
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly files: readonly RunFile[];
  readonly conversation: ConversationRow | null;
  readonly isNewConversation: boolean;
}

/**
 * Checks a request against its app and its owner's data, and commits the turn. Nothing is written when it throws.
 *
 * @param check refuses an app that could never run
 * @throws ParleyError `invalid_param` (inputs, files, empty query) | `not_found` (conversation) | `app_unavailable`
 */
export async function acceptRun(
  { store, versions, processId }: Pick<RunsOptions, 'store' | 'versions' | 'processId'>,
  request: RunRequest,
  check: (app: App) => void,
): Promise<AcceptedRun> {
  const { endUser } = request;
  const owner: Owner = { appId: request.app.id, endUserId: endUser.id };
  const query = request.query.replaceAll('\0', '');
  if (request.app.mode === 'chat' && query === '') throw invalidParam('query is required');
  const found = await continued(store, owner, request);
  const app = found ? await versions.find(request.app, found.app_version) : request.app;
  if (!app) throw appUnavailable();
  check(app);
  const inputs = validateInputs(app.config.inputForm, request.inputs);
  const files = await resolveFiles(store, owner, app.config.fileUpload, request.files);

  if (app.mode === 'chat' && !found) await versions.keep(app);
  // Turns of a conversation keep their order also when the clock is set back.
  const now = Math.max(Date.now(), (found?.updated_at ?? 0) + 1);
  const conversation =
    app.mode === 'chat' ? (found ?? newConversation(request, owner, query, inputs, now)) : null;
  const facts: RunFacts = {
    id: newId(),
    messageId: newId(),
    conversationId: conversation?.id ?? null,
    app,
    mode: app.mode,
    owner,
    files,
    createdAt: now,
  };
  const accepted = await acceptTurn(store, {
    run: {
      id: facts.id,
      app_id: app.id,
      app_version: app.version,
      end_user_id: endUser.id,
      message_id: facts.messageId,
      surface: request.surface,
      status: 'running',
      error: null,
      stopped_by: null,
      process_id: processId,
      created_at: now,
      finished_at: null,
    },
    message: {
      id: facts.messageId,
      app_id: app.id,
      conversation_id: facts.conversationId,
      end_user_id: endUser.id,
      run_id: facts.id,
      inputs: JSON.stringify(inputs),
      query,
      answer: '',
      status: 'normal',
      error: null,
      prompt_tokens: 0,
      answer_tokens: 0,
      total_price: '0',
      currency: 'USD',
      latency_ms: 0,
      usage: null,
      created_at: now,
      updated_at: now,
    },
    files: files.map((file, position) => messageFile(facts, file, position)),
    newConversation: found ? null : conversation,
  });
  if (!accepted) throw notFound('Conversation Not Exists.');
  return { facts, query, inputs, files, conversation, isNewConversation: found === undefined };
}

async function continued(
  store: Store,
  owner: Owner,
  request: RunRequest,
): Promise<ConversationRow | undefined> {
  if (request.app.mode !== 'chat' || request.conversationId === null) return undefined;
  const conversation = await findConversation(store, owner, request.conversationId);
  if (!conversation) throw notFound('Conversation Not Exists.');
  return conversation;
}

function newConversation(
  { app, surface }: RunRequest,
  owner: Owner,
  query: string,
  inputs: Readonly<Record<string, unknown>>,
  now: number,
): ConversationRow {
  const characters = [...query];
  return {
    id: newId(),
    app_id: owner.appId,
    app_version: app.version,
    end_user_id: owner.endUserId,
    surface,
    name: characters.length > SNIPPET_LENGTH ? `${characters.slice(0, SNIPPET_LENGTH).join('')}…` : query,
    inputs: JSON.stringify(inputs),
    introduction: renderTemplate(app.config.openingStatement, inputs),
    status: 'normal',
    created_at: now,
    updated_at: now,
  };
}

function appUnavailable(): ParleyError {
  return new ParleyError('app_unavailable', 400, 'App unavailable, please check your app configurations.');
}

function messageFile(facts: RunFacts, file: RunFile, position: number): MessageFileRow {
  return {
    id: file.id,
    app_id: facts.app.id,
    message_id: facts.messageId,
    file_id: file.uploadId,
    type: file.type,
    transfer_method: file.transferMethod,
    url: file.url,
    filename: file.filename,
    mime_type: file.mimeType,
    size: file.size,
    belongs_to: 'user',
    position,
  };
}
