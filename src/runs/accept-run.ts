import type { App } from '../apps/app.ts';
import { renderTemplate } from '../apps/render-template.ts';
import { validateInputs } from '../apps/validate-inputs.ts';
import { workflowIdOf } from '../apps/workflow-id.ts';
import { invalidParam, notFound, ParleyError } from '../errors.ts';
import { type AcceptedTurn, acceptTurn, hasRunningTurn } from '../store/accept-turn.ts';
import {
  type ConversationClaim,
  claimConversation,
  findConversation,
  insertConversation,
} from '../store/conversations.ts';
import { newId } from '../store/new-id.ts';
import type { Store } from '../store/open-store.ts';
import type { Owner } from '../store/owner.ts';
import type { ConversationRow, WorkflowRunRow } from '../store/schema.ts';
import type { ContextMessage } from './engine.ts';
import { findVersion } from './find-version.ts';
import { firstName } from './first-name.ts';
import { resolveFiles } from './resolve-files.ts';
import { resolveInputFiles } from './resolve-input-files.ts';
import type { RunFacts } from './run.ts';
import { messageFilesOf, type RunFile } from './run-file.ts';
import type { ContextRequest, RunRequest } from './run-request.ts';
import type { RunsOptions } from './runs-options.ts';
import { contextItems } from './turn-items.ts';

/** A run that is committed, with what its engine needs. */
export interface AcceptedRun {
  readonly facts: RunFacts;
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly files: readonly RunFile[];
  readonly inputFiles: Readonly<Record<string, readonly RunFile[]>>;
  readonly context: readonly (ContextMessage & Pick<ContextRequest, 'metadata'>)[];
  readonly conversation: ConversationRow | null;
  readonly isNewConversation: boolean;
}

/**
 * Checks a request against its app and its owner's data, and commits the turn. Nothing is written when it throws.
 *
 * @param check refuses an app that could never run
 * @throws ParleyError `invalid_param` (inputs, files, empty query) | `not_found` (conversation) | `conversation_busy` |
 * `app_unavailable`
 */
export async function acceptRun(
  { store, versions, processId }: Pick<RunsOptions, 'store' | 'versions' | 'processId'>,
  request: RunRequest,
  check: (app: App) => void,
): Promise<AcceptedRun> {
  const { endUser } = request;
  const owner: Owner = { appId: request.app.id, endUserId: endUser.id };
  const query = request.query.replaceAll('\0', '');
  const converses = isConversation(request);
  if (isAsked(request.app) && query === '') throw invalidParam('query is required');
  const found = await continued(store, owner, request);
  // One that was made without a turn begins with this one.
  const app = await findVersion(versions, request, found?.app_version || null);
  if (!app) throw appUnavailable();
  check(app);
  const inputs = validateInputs(app.config.inputForm, request.inputs);
  const uploader = request.filesOf ?? owner;
  const find = (mappings: readonly unknown[]) =>
    resolveFiles(store, uploader, app.config.fileUpload, mappings, { strict: app.mode === 'workflow' });
  const files = await find(request.files);
  const inputFiles = await resolveInputFiles(store, uploader, app, inputs);
  const context: (ContextMessage & Pick<ContextRequest, 'metadata'>)[] = [];
  for (const message of request.context ?? [])
    context.push({
      ...message,
      text: message.text.replaceAll('\0', ''),
      files: await find(message.files),
    });

  const isWorkflow = app.config.workflow !== null;
  if ((converses && found?.app_version !== app.version) || isWorkflow) await versions.keep(app);
  // Turns of a conversation keep their order also when the clock is set back.
  const now = Math.max(Date.now(), (found?.updated_at ?? 0) + 1);
  const kept = request.keep ?? true;
  // One that a turn begins which is not kept has neither name nor inputs of it.
  const [words, values] = kept ? [request.said ?? query, inputs] : ['', {}];
  const conversation = converses ? (found ?? newConversation(request, owner, words, values, now)) : null;
  const facts: RunFacts = {
    id: newId(),
    messageId: newId(),
    workflowRunId: isWorkflow ? newId() : null,
    conversationId: conversation?.id ?? null,
    app,
    mode: app.mode,
    owner,
    user: endUser.sessionId,
    files,
    kept,
    section: conversation?.section ?? null,
    metadata: request.metadata ?? null,
    createdAt: now,
  };
  const accepted = {
    ...{ facts, query, inputs, files, inputFiles, context, conversation },
    isNewConversation: !found,
  };
  if (!kept) {
    if (found && request.exclusive && (await hasRunningTurn(store, found.id))) throw conversationBusy();
    const claim = claimOf(request, owner, '');
    if (found && claim && !(await claimConversation(store, found.id, claim))) throw conversationBusy();
    // Until a turn is kept it has no version, like one that was made without a turn.
    if (conversation && !found) await insertConversation(store, { ...conversation, app_version: '' });
    return accepted;
  }
  const result = await acceptTurn(store, {
    ...turnRows(processId, request, accepted),
    newConversation: found ? null : conversation,
    claim: claimOf(request, owner, firstName(words)),
  });
  if (result === 'gone') throw notFound('Conversation Not Exists.');
  if (result === 'busy') throw conversationBusy();
  return accepted;
}

function turnRows(
  processId: string,
  request: RunRequest,
  { facts, query, inputs, files, context }: AcceptedRun,
): Omit<AcceptedTurn, 'newConversation' | 'claim'> {
  const { id, messageId, app, owner, createdAt } = facts;
  return {
    run: {
      id,
      app_id: app.id,
      app_version: app.version,
      end_user_id: owner.endUserId,
      message_id: messageId,
      conversation_id: facts.conversationId,
      surface: request.surface,
      status: 'running',
      error: null,
      error_code: null,
      stopped_by: null,
      process_id: processId,
      metadata: request.metadata ? JSON.stringify(request.metadata) : null,
      canceled_at: null,
      created_at: createdAt,
      finished_at: null,
    },
    message: {
      id: messageId,
      app_id: app.id,
      conversation_id: facts.conversationId,
      end_user_id: owner.endUserId,
      run_id: id,
      inputs: JSON.stringify(inputs),
      query: request.said?.replaceAll('\0', '') ?? query,
      answer: '',
      status: 'normal',
      error: null,
      prompt_tokens: 0,
      answer_tokens: 0,
      total_price: '0',
      currency: 'USD',
      latency_ms: 0,
      usage: null,
      section: facts.section,
      query_metadata: request.queryMetadata ? JSON.stringify(request.queryMetadata) : null,
      answer_metadata: null,
      query_hidden: request.queryFrom && 'itemId' in request.queryFrom ? 1 : 0,
      answer_hidden: 0,
      created_at: createdAt,
      updated_at: createdAt,
    },
    workflowRun: workflowRunRow(facts, inputs),
    files: messageFilesOf(files, { appId: app.id, messageId }, 'user'),
    items: contextItems(facts, context),
    queryFrom: request.queryFrom ?? null,
    exclusive: request.exclusive ?? false,
  };
}

function workflowRunRow(
  { id, workflowRunId, app, owner, createdAt }: RunFacts,
  inputs: Readonly<Record<string, unknown>>,
): WorkflowRunRow | null {
  if (workflowRunId === null) return null;
  return {
    id: workflowRunId,
    run_id: id,
    app_id: app.id,
    end_user_id: owner.endUserId,
    workflow_id: workflowIdOf(app.version),
    status: 'running',
    inputs: JSON.stringify(inputs),
    outputs: null,
    error: null,
    elapsed_ms: 0,
    total_tokens: 0,
    total_steps: 0,
    exceptions_count: 0,
    created_at: createdAt,
    finished_at: null,
  };
}

/** Apps that answer what somebody says; the others have their inputs. */
function isAsked({ mode }: App): boolean {
  return mode !== 'completion' && mode !== 'workflow';
}

/** Others have conversations only where the protocol knows nothing else. */
function isConversation({ app, inConversation }: RunRequest): boolean {
  return isAsked(app) || inConversation === true;
}

async function continued(
  store: Store,
  owner: Owner,
  request: RunRequest,
): Promise<ConversationRow | undefined> {
  if (!isConversation(request) || request.conversationId === null) return undefined;
  const { unclaimed } = request;
  if (unclaimed) return { ...unclaimed, app_id: owner.appId, end_user_id: owner.endUserId };
  const conversation = await findConversation(store, owner, request.conversationId);
  if (!conversation) throw notFound('Conversation Not Exists.');
  return conversation;
}

function claimOf({ unclaimed }: RunRequest, owner: Owner, name: string): ConversationClaim | null {
  return unclaimed ? { nobody: unclaimed.end_user_id, owner, name } : null;
}

function newConversation(
  { app, surface }: RunRequest,
  owner: Owner,
  query: string,
  inputs: Readonly<Record<string, unknown>>,
  now: number,
): ConversationRow {
  return {
    id: newId(),
    app_id: owner.appId,
    app_version: app.version,
    end_user_id: owner.endUserId,
    surface,
    name: firstName(query),
    inputs: JSON.stringify(inputs),
    introduction: renderTemplate(app.config.openingStatement, inputs),
    status: 'normal',
    metadata: null,
    section: null,
    created_at: now,
    updated_at: now,
  };
}

/** What a request with `exclusive` gets while a turn of its conversation is running. */
export function conversationBusy(): ParleyError {
  return new ParleyError('conversation_busy', 409, 'A turn of this conversation is still running.');
}

/** The app cannot run as the turn wants it. */
export function appUnavailable(): ParleyError {
  return new ParleyError('app_unavailable', 400, 'App unavailable, please check your app configurations.');
}
