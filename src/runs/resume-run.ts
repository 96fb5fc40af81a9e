import type { App } from '../apps/app.ts';
import { invalidParam, ParleyError } from '../errors.ts';
import { listTurnItems } from '../store/conversation-items.ts';
import { listMessageFiles } from '../store/files.ts';
import { resumeTurn } from '../store/resume-turn.ts';
import { findRun } from '../store/runs.ts';
import type { ConversationRow, MessageRow } from '../store/schema.ts';
import { listThoughts } from '../store/thoughts.ts';
import { type AcceptedRun, appUnavailable, conversationBusy } from './accept-run.ts';
import type { Made } from './made.ts';
import type { RunUsage } from './run-event.ts';
import { NO_USAGE } from './run-event.ts';
import { type RunFile, runFileOf } from './run-file.ts';
import type { RunsOptions } from './runs-options.ts';
import { pendingUses, type Thought, thoughtOf, thoughtRow } from './thought.ts';

/** What a caller brings for a turn that waits for it. */
export interface ResumeRequest {
  readonly app: App;
  readonly endUser: { readonly id: string; readonly sessionId: string };
  /** As its owner has read it, like the turn. */
  readonly conversation: ConversationRow;
  readonly turn: MessageRow;
  /** Outputs of all the calls that wait, by their ids. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Suggests questions as part of the run, where the app has that. */
  readonly followUps: boolean;
  /** As in a `RunRequest`. */
  readonly showsFiles: boolean;
}

/** A turn that runs again. */
export interface ResumedRun {
  readonly accepted: AcceptedRun;
  readonly before: Made;
  readonly usage: RunUsage;
}

/**
 * Checks what a caller brings and commits it; the turn is running then. Nothing is written when it throws.
 *
 * @throws ParleyError `bad_request` (no such turn waits) | `invalid_param` (outputs that are missing or not asked for, a
 * query that was deleted meanwhile) | `conversation_busy` | `app_unavailable`
 */
export async function resumeRun(
  { store, versions, processId }: Pick<RunsOptions, 'store' | 'versions' | 'processId'>,
  { app: newest, endUser, conversation, turn, outputs }: ResumeRequest,
  check: (app: App) => void,
): Promise<ResumedRun> {
  const owner = { appId: newest.id, endUserId: endUser.id };
  const row = await findRun(store, owner, turn.run_id);
  if (row?.status !== 'paused') throw notPaused();
  if (turn.query === '') throw invalidParam('what was asked has been deleted');
  const app = await versions.find(newest, row.app_version);
  if (!app) throw appUnavailable();
  check(app);
  const [thoughtRows, fileRows, items] = await Promise.all([
    listThoughts(store, app.id, [turn.id]),
    listMessageFiles(store, app.id, [turn.id]),
    listTurnItems(store, conversation, turn),
  ]);
  const thoughts = withOutputs(thoughtRows.map(thoughtOf), outputs);
  const message = { appId: app.id, messageId: turn.id };
  const last = thoughts.slice(-1).map((thought) => thoughtRow(thought, message));
  const result = await resumeTurn(store, conversation, turn, { processId, thoughts: last });
  if (result === 'busy') throw conversationBusy();
  if (result === 'not_paused') throw notPaused();
  const filesOf = (side: 'user' | 'assistant') =>
    fileRows.filter(({ belongs_to }) => belongs_to === side).map(runFileOf);
  return {
    accepted: {
      facts: {
        id: row.id,
        messageId: turn.id,
        workflowRunId: null,
        conversationId: conversation.id,
        app,
        mode: app.mode,
        owner,
        user: endUser.sessionId,
        files: filesOf('user'),
        kept: true,
        section: turn.section,
        metadata: row.metadata === null ? null : JSON.parse(row.metadata),
        createdAt: turn.created_at,
      },
      query: turn.query,
      inputs: JSON.parse(turn.inputs),
      files: filesOf('user'),
      inputFiles: {},
      context: items
        .filter(({ type }) => type === 'question' || type === 'answer')
        .map(({ role, text, files }) => ({
          role,
          text,
          files: files === null ? [] : (JSON.parse(files) as RunFile[]),
          metadata: null,
        })),
      conversation: { ...conversation, section: turn.section },
      isNewConversation: false,
    },
    before: { answer: turn.answer, thoughts, files: filesOf('assistant') },
    usage: turn.usage === null ? NO_USAGE : JSON.parse(turn.usage),
  };
}

/** All that wait get their output, in one request (`facts/coze-wire.md` §9.8). */
function withOutputs(thoughts: readonly Thought[], outputs: ReadonlyMap<string, string>): readonly Thought[] {
  const pending = pendingUses(thoughts).map(({ id }) => id);
  const missing = pending.filter((id) => !outputs.has(id));
  if (missing.length > 0) throw invalidParam(`outputs are missing for ${missing.join(', ')}`);
  const unknown = [...outputs.keys()].filter((id) => !pending.includes(id));
  if (unknown.length > 0) throw invalidParam('outputs were given for calls that do not wait for any');
  return thoughts.map((thought) => ({
    ...thought,
    uses: thought.uses.map((use) => ({
      ...use,
      output: use.output ?? outputs.get(use.id)?.replaceAll('\0', '') ?? null,
    })),
  }));
}

function notPaused(): ParleyError {
  return new ParleyError('bad_request', 400, 'the turn waits for no outputs');
}
