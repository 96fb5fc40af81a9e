import { ReasoningSplitter, type SplitPiece } from '../../runs/reasoning.ts';
import type { Run } from '../../runs/run.ts';
import type { RunEvent, RunOutcome } from '../../runs/run-event.ts';
import type { Thought } from '../../runs/thought.ts';
import { POSITIONS } from '../../store/positions.ts';
import { oneLine } from '../one-line.ts';
import type { StreamFormat } from '../stream-run.ts';
import { toolMessages } from './tool-messages.ts';
import { chatIdsOfRun, endedChat, runningChat } from './wire-chat.ts';
import { answerContent, saidMessage, verboseContent } from './wire-message.ts';

/** The one heart-beat that all SDKs survive (`facts/coze-wire.md` §1 rule 7). */
const PING = frame('ping', '{}');
const PING_MS = 10_000;

/** What a chat that goes on had come to, and what its caller has brought: outputs by the ids of calls. */
export interface Resumed {
  readonly thoughts: readonly Thought[];
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * A run as Coze streams a chat (`facts/coze-wire.md` §8.1 bytes, §9.4 events and their order). Each reader has its
 * own: reasoning and text are told apart as they come. One that is `resumed` begins with the responses of what its
 * caller has executed: the calls stood in the stream before.
 */
export function cozeStream(run: Run, resumed: Resumed | null = null): StreamFormat {
  const ids = chatIdsOfRun(run);
  const splitter = new ReasoningSplitter();
  // What a chat that goes on had told before its pause.
  const told = new Set(
    (resumed?.thoughts ?? []).flatMap((thought) => toolMessages(ids, thought)).map(({ key }) => key),
  );
  let answered = false;
  let followUps = 0;

  const head =
    `{"id":"${ids.message(POSITIONS.answer)}","conversation_id":"${ids.conversation}","bot_id":"${ids.bot}",` +
    '"role":"assistant","type":"answer","content":';
  const tail = `,"content_type":"text","chat_id":"${ids.chat}","section_id":"${ids.section}"}`;
  const delta = ({ text, reasoning }: SplitPiece): string => {
    const thought =
      reasoning === ''
        ? ''
        : frame('conversation.message.delta', `${head}"","reasoning_content":${oneLine(reasoning)}${tail}`);
    return text === '' ? thought : thought + frame('conversation.message.delta', head + oneLine(text) + tail);
  };
  const completed = (position: number, message: Parameters<typeof saidMessage>[2]): string =>
    frame('conversation.message.completed', oneLine(saidMessage(ids, position, message, Date.now())));
  /** A thought comes again as it grows: each of its messages is told once. */
  const work = (thought: Thought): string =>
    toolMessages(ids, thought)
      .filter(({ key }) => !told.has(key) && told.add(key))
      .map(({ message }) => frame('conversation.message.completed', oneLine(message)))
      .join('');
  const brought = (resumed?.thoughts ?? [])
    .flatMap((thought) => toolMessages(ids, thought))
    .filter(({ callId, message }) => message.type === 'tool_response' && resumed?.outputs.has(callId))
    .map(({ message }) => frame('conversation.message.completed', oneLine(message)))
    .join('');
  const answer = (text: string, interrupted: boolean): string => {
    if (answered) return '';
    answered = true;
    return (
      delta(splitter.end()) +
      completed(POSITIONS.answer, { type: 'answer', ...answerContent(text) }) +
      completed(POSITIONS.finish, { type: 'verbose', content: verboseContent(interrupted) })
    );
  };
  const end = (outcome: RunOutcome): string => {
    const chat = endedChat(run, ids, outcome);
    const { status } = chat;
    // Of a chat that failed, or waits, nothing is told as complete; what was said can be read from its messages.
    const open = status === 'failed' || status === 'requires_action';
    const last = open ? delta(splitter.end()) : answer(outcome.answer, outcome.status === 'stopped');
    const event = `conversation.chat.${open ? status : 'completed'}`;
    return last + frame(event, oneLine(chat)) + frame('done', '"[DONE]"');
  };

  return {
    opening:
      frame('conversation.chat.created', oneLine(runningChat(run, ids, 'created'))) +
      frame('conversation.chat.in_progress', oneLine(runningChat(run, ids, 'in_progress'))) +
      brought,
    ping: PING,
    pingMs: PING_MS,
    encode(event: RunEvent): string {
      switch (event.kind) {
        case 'text':
          return delta(splitter.add(event.text));
        // What an agent says on the way is in its calls (`thought`), not in the answer.
        case 'aside':
          return '';
        case 'thought':
          return work(event.thought);
        // Files that tools make have no event on this wire (`RunRequest.showsFiles`).
        case 'file':
          return '';
        // No event takes words back: the completed message has what stands in their place.
        case 'text_replaced':
          splitter.end();
          return '';
        // Spoken answers are asked for by a bot's voice settings, which no app has here.
        case 'audio':
          return '';
        // A chatflow's steps have no event on this wire.
        case 'workflow_started':
        case 'node':
          return '';
        case 'answered':
          return answer(event.answer, false);
        case 'follow_up':
          return completed(POSITIONS.followUp + followUps++, { type: 'follow_up', content: event.text });
        case 'ended':
          return end(event.outcome);
      }
    },
  };
}

/** `event` first, one `data` line, nothing else (`facts/coze-wire.md` §1 rule 5). */
function frame(event: string, data: string): string {
  return `event:${event}\ndata:${data}\n\n`;
}
