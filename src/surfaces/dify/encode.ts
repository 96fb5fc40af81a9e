import type { Run } from '../../runs/run.ts';
import type { RunEvent, RunOutcome, RunUsage } from '../../runs/run-event.ts';
import type { RunFile } from '../../runs/run-file.ts';
import { oneLine } from '../one-line.ts';
import type { StreamFormat } from '../stream-run.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { toEnvelope } from './errors.ts';
import { thoughtFields } from './wire-thought.ts';

/** `facts/dify-wire.md` §3.1: no `data:` line, no JSON. */
const PING = 'event: ping\n\n';
const PING_MS = 10_000;

/**
 * A run as Dify streams it (`facts/dify-wire.md` §3.1 bytes, §3.3 keys and their order, §3.4
 * events). Each event is one frame, but for a spoken answer's end, which is two.
 *
 * @param sign makes the address of an upload
 */
export function difyStream({ facts }: Run, sign: (fileId: string) => string): StreamFormat {
  const ids =
    (facts.conversationId === null ? '' : `"conversation_id":"${facts.conversationId}",`) +
    `"message_id":"${facts.messageId}","created_at":${unixSeconds(facts.createdAt)}`;
  const wrap = `${ids},"task_id":"${facts.id}"`;
  const said = (text: string): string => `${piece}${oneLine(text)}${pieceEnd}`;
  const agent = facts.mode === 'agent-chat';
  const piece = `data: {"event":"${agent ? 'agent_message' : 'message'}",${wrap},"id":"${facts.messageId}","answer":`;
  const pieceEnd = `${agent ? '' : ',"from_variable_selector":null'}}\n\n`;
  return {
    ping: PING,
    pingMs: PING_MS,
    encode(event: RunEvent): string {
      switch (event.kind) {
        case 'text':
          return said(event.shown ? '' : event.text);
        case 'aside':
          return said(event.text);
        case 'thought':
          return `data: {"event":"agent_thought",${wrap},${oneLine(thoughtFields(event.thought)).slice(1)}\n\n`;
        case 'file': {
          const { id, type, uploadId, url } = event.file;
          const address = uploadId === null ? url : sign(uploadId);
          return `data: {"event":"message_file",${wrap},"id":"${id}","type":"${type}","belongs_to":"assistant","url":${oneLine(address)}}\n\n`;
        }
        case 'text_replaced':
          return `data: {"event":"message_replace",${wrap},"answer":${oneLine(event.text)},"reason":"${event.reason}"}\n\n`;
        case 'audio':
          return `data: {"event":"tts_message",${wrap},"audio":"${event.data}"}\n\n`;
        // Dify's clients ask for suggestions by themselves.
        case 'answered':
        case 'follow_up':
          return '';
        case 'ended': {
          const { outcome } = event;
          if (outcome.error) {
            const { code, status, message } = errorEvent(outcome.error);
            return `data: {"event":"error",${ids},"code":"${code}","status":${status},"message":${oneLine(message)}}\n\n`;
          }
          const ofTurn = [...facts.files, ...outcome.files];
          const files = ofTurn.length > 0 ? oneLine(ofTurn.map((file) => wireFile(file, sign))) : 'null';
          const end = `data: {"event":"message_end",${wrap},"id":"${facts.messageId}","metadata":${oneLine(metadata(outcome))},"files":${files}}\n\n`;
          return outcome.spoken ? `${end}data: {"event":"tts_message_end",${wrap},"audio":""}\n\n` : end;
        }
      }
    },
  };
}

/** Answer of a blocking request (`facts/dify-wire.md` §7.1, §7.2). */
export function blockingAnswer({ facts }: Run, outcome: RunOutcome): Record<string, unknown> {
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
  return { annotation_reply: null, retriever_resources: [], usage: wireUsage(outcome.usage) };
}

/** Some clients know only status 400 as an error, so an error event never says less (`facts/dify-wire.md` §3.6). */
function errorEvent(error: unknown): { code: string; status: number; message: string } {
  const envelope = toEnvelope(error);
  return envelope.code === 'internal_server_error'
    ? { code: envelope.code, status: 500, message: 'Internal Server Error, please contact support.' }
    : envelope;
}
