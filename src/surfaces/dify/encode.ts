import type { Run, RunFacts } from '../../runs/run.ts';
import type { RunEvent, RunOutcome, RunUsage } from '../../runs/run-event.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { NodeEvent, NodeValues } from '../../runs/workflow-event.ts';
import { oneLine } from '../one-line.ts';
import type { StreamFormat } from '../stream-run.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { toEnvelope } from './errors.ts';
import { wireFiles } from './wire-files.ts';
import { wireNode } from './wire-node.ts';
import { thoughtFields } from './wire-thought.ts';
import { workflowData, workflowFinished, workflowStarted } from './wire-workflow-run.ts';

/** `facts/dify-wire.md` §3.1: no `data:` line, no JSON. */
const PING = 'event: ping\n\n';
const PING_MS = 10_000;

/**
 * A run as Dify streams it (`facts/dify-wire.md` §3.1 bytes, §3.3 keys and their order, §3.4
 * events). Each event is one frame, but for the ends of spoken answers and of chatflows, which are two.
 *
 * @param sign makes the address of an upload
 */
export function difyStream(run: Run, sign: (fileId: string) => string): StreamFormat {
  return run.facts.mode === 'workflow' ? workflowStream(run) : chatStream(run, sign);
}

/** Chat, agent and completion apps, and chatflows, which have their workflow's events between the words. */
function chatStream({ facts }: Run, sign: (fileId: string) => string): StreamFormat {
  const ids =
    (facts.conversationId === null ? '' : `"conversation_id":"${facts.conversationId}",`) +
    `"message_id":"${facts.messageId}","created_at":${unixSeconds(facts.createdAt)}`;
  const wrap = `${ids},"task_id":"${facts.id}"`;
  const agent = facts.mode === 'agent-chat';
  const piece = `data: {"event":"${agent ? 'agent_message' : 'message'}",${wrap},"id":"${facts.messageId}","answer":`;
  const said = (text: string, selector?: readonly string[]): string => {
    const from = agent ? '' : `,"from_variable_selector":${selector ? oneLine(selector) : 'null'}`;
    return `${piece}${oneLine(text)}${from}}\n\n`;
  };
  const ofWorkflow = (event: string, data: object): string =>
    `data: {"event":"${event}",${wrap},"workflow_run_id":"${facts.workflowRunId}","data":${oneLine(data)}}\n\n`;
  return {
    ...(facts.mode === 'advanced-chat' ? { opening: PING } : {}),
    ping: PING,
    pingMs: PING_MS,
    encode(event: RunEvent): string {
      switch (event.kind) {
        case 'text':
          return said(event.shown ? '' : event.text, event.selector);
        case 'aside':
          return said(event.text);
        case 'thought':
          return `data: {"event":"agent_thought",${wrap},${oneLine(thoughtFields(event.thought)).slice(1)}\n\n`;
        case 'file': {
          // Files of a chatflow are told by the nodes that made them, and with its end.
          if (facts.workflowRunId !== null) return '';
          const { id, type, uploadId, url } = event.file;
          const address = uploadId === null ? url : sign(uploadId);
          return `data: {"event":"message_file",${wrap},"id":"${id}","type":"${type}","belongs_to":"assistant","url":${oneLine(address)}}\n\n`;
        }
        case 'text_replaced':
          return `data: {"event":"message_replace",${wrap},"answer":${oneLine(event.text)},"reason":"${event.reason}"}\n\n`;
        case 'audio':
          return `data: {"event":"tts_message",${wrap},"audio":"${event.data}"}\n\n`;
        case 'workflow_started':
          return ofWorkflow('workflow_started', workflowStarted(facts, event));
        case 'node': {
          const reasoning = reasoningOf(event.event, facts.messageId);
          if (reasoning !== null)
            return `data: {"event":"reasoning_chunk",${wrap},"data":${oneLine(reasoning)}}\n\n`;
          const told = wireNode(event.event);
          return told === null ? '' : ofWorkflow(told.event, told.data);
        }
        // Dify's clients ask for suggestions by themselves.
        case 'answered':
        case 'follow_up':
          return '';
        case 'ended': {
          const { outcome } = event;
          const { workflow } = outcome;
          const finished =
            workflow === null
              ? ''
              : ofWorkflow('workflow_finished', workflowFinished(facts, workflow, outcome));
          if (outcome.error) {
            const { code, status, message } = errorEvent(outcome.error);
            return `${finished}data: {"event":"error",${ids},"code":"${code}","status":${status},"message":${oneLine(message)}}\n\n`;
          }
          const files = filesOfTurn(facts, outcome, sign);
          const end = `data: {"event":"message_end",${wrap},"id":"${facts.messageId}","metadata":${oneLine(metadata(outcome))},"files":${files.length > 0 ? oneLine(files) : 'null'}}\n\n`;
          const spoken = outcome.spoken ? `data: {"event":"tts_message_end",${wrap},"audio":""}\n\n` : '';
          return end + spoken + finished;
        }
      }
    },
  };
}

/** Workflows, whose events have all they say in `data`. */
function workflowStream({ facts }: Run): StreamFormat {
  const run = `"workflow_run_id":"${facts.workflowRunId}"`;
  const wrap = `${run},"task_id":"${facts.id}"`;
  const frame = (event: string, data: object): string =>
    `data: {"event":"${event}",${wrap},"data":${oneLine(data)}}\n\n`;
  return {
    opening: PING,
    ping: PING,
    pingMs: PING_MS,
    encode(event: RunEvent): string {
      switch (event.kind) {
        case 'text':
          if (event.text === '' && !event.selector) return '';
          return frame('text_chunk', { text: event.text, from_variable_selector: event.selector ?? [] });
        case 'text_replaced':
          return frame('text_replace', { text: event.text });
        case 'audio':
          return `data: {"event":"tts_message",${wrap},"audio":"${event.data}"}\n\n`;
        case 'workflow_started':
          return frame('workflow_started', workflowStarted(facts, event));
        case 'node': {
          const reasoning = reasoningOf(event.event, null);
          if (reasoning !== null) return frame('reasoning_chunk', reasoning);
          const told = wireNode(event.event);
          return told === null ? '' : frame(told.event, told.data);
        }
        case 'aside':
        case 'thought':
        case 'file':
        case 'answered':
        case 'follow_up':
          return '';
        case 'ended': {
          const { outcome } = event;
          if (outcome.workflow !== null) {
            const spoken = outcome.spoken ? `data: {"event":"tts_message_end",${wrap},"audio":""}\n\n` : '';
            return spoken + frame('workflow_finished', workflowFinished(facts, outcome.workflow, outcome));
          }
          const { code, status, message } = errorEvent(outcome.error);
          return `data: {"event":"error",${run},"code":"${code}","status":${status},"message":${oneLine(message)}}\n\n`;
        }
      }
    },
  };
}

/** Thoughts that are told apart from the answer (`facts/dify-wire.md` §3.4 `reasoning_chunk`). */
function reasoningOf(event: NodeEvent, messageId: string | null): NodeValues | null {
  if (event.kind !== 'node_reported' || event.report.kind !== 'reasoning') return null;
  const { text, final } = event.report;
  return { message_id: messageId, reasoning: text, node_id: event.nodeId, is_final: final };
}

/** Of a chatflow what its answers show; of other apps all that came and was made. */
function filesOfTurn(
  facts: RunFacts,
  { workflow, files }: RunOutcome,
  sign: (fileId: string) => string,
): readonly NodeValues[] {
  if (workflow !== null) return wireFiles({ files: workflow.outputs?.files });
  return [...facts.files, ...files].map((file) => wireFile(file, sign));
}

/** Answer of a blocking request (`facts/dify-wire.md` §7.1, §7.2, §7.3). */
export function blockingAnswer({ facts }: Run, outcome: RunOutcome): Record<string, unknown> {
  if (facts.mode === 'workflow' && outcome.workflow !== null)
    return {
      task_id: facts.id,
      workflow_run_id: facts.workflowRunId,
      data: workflowData(facts, outcome.workflow, outcome),
    };
  return {
    event: 'message',
    task_id: facts.id,
    id: facts.messageId,
    message_id: facts.messageId,
    ...(facts.conversationId === null ? {} : { conversation_id: facts.conversationId }),
    mode: facts.mode,
    answer: outcome.answer,
    metadata: metadata(outcome),
    created_at: unixSeconds(facts.createdAt),
  };
}

/** Prices are decimal strings, `facts/dify-wire.md` §3.4. */
export function wireUsage(usage: RunUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.promptTokens,
    prompt_unit_price: usage.promptUnitPrice,
    prompt_price_unit: usage.promptPriceUnit,
    prompt_price: usage.promptPrice,
    completion_tokens: usage.completionTokens,
    completion_unit_price: usage.completionUnitPrice,
    completion_price_unit: usage.completionPriceUnit,
    completion_price: usage.completionPrice,
    total_tokens: usage.totalTokens,
    total_price: usage.totalPrice,
    currency: usage.currency,
    latency: usage.latency,
    time_to_first_token: usage.timeToFirstToken,
    time_to_generate: usage.timeToGenerate,
  };
}

/** A file of the turn in `message_end` (`facts/dify-wire.md` §3.4). */
function wireFile(file: RunFile, sign: (fileId: string) => string): Record<string, unknown> {
  return {
    related_id: file.id,
    extension: file.extension === '' ? '' : `.${file.extension}`,
    filename: file.filename,
    size: file.size,
    mime_type: file.mimeType,
    transfer_method: file.transferMethod,
    type: file.type,
    url: file.uploadId === null ? file.url : sign(file.uploadId),
    upload_file_id: file.uploadId ?? file.id,
    remote_url: file.url ?? '',
  };
}

function metadata(outcome: RunOutcome): Record<string, unknown> {
  return {
    annotation_reply: null,
    retriever_resources: outcome.workflow?.resources ?? [],
    usage: wireUsage(outcome.usage),
  };
}

/** Some clients know only status 400 as an error, so an error event never says less (`facts/dify-wire.md` §3.6). */
function errorEvent(error: unknown): { code: string; status: number; message: string } {
  const envelope = toEnvelope(error);
  return envelope.code === 'internal_server_error'
    ? { code: envelope.code, status: 500, message: 'Internal Server Error, please contact support.' }
    : envelope;
}
