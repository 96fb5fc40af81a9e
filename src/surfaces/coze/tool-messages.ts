import type { Thought, ToolUse } from '../../runs/thought.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { writtenArguments } from '../written-arguments.ts';
import { messageId, namedId } from './ids.ts';
import type { ChatIds } from './wire-chat.ts';
import type { WireMessage } from './wire-message.ts';

/**
 * Of a message id, the last 8 bits are its place: there is one for each call of a round, which has no more than 128
 * (`models/upstream-limits.ts`), and for its response.
 */
const LAST_PLACE = 254;

/** A message of the work behind an answer; `key` is unlike that of every other of its turn. */
export interface ToolMessage {
  readonly key: string;
  /** Of the call that it tells, or answers. */
  readonly callId: string;
  readonly message: WireMessage;
}

/**
 * What a thought adds to a chat's messages (`facts/coze-wire.md` §9.3): each call of a tool, then what the tools have
 * answered so far.
 */
export function toolMessages(ids: ChatIds, thought: Thought): ToolMessage[] {
  const messageOf = (
    index: number,
    callId: string,
    type: 'function_call' | 'tool_response',
    content: string,
  ): ToolMessage => {
    const place = Math.min(2 * index, LAST_PLACE) + (type === 'function_call' ? 0 : 1);
    const at = unixSeconds(thought.createdAt);
    const message: WireMessage = {
      id: messageId({ id: thought.id, created_at: thought.createdAt }, place),
      conversation_id: ids.conversation,
      bot_id: ids.bot,
      chat_id: ids.chat,
      section_id: ids.section,
      role: 'assistant',
      type,
      content,
      content_type: 'text',
      created_at: at,
      updated_at: at,
      meta_data: {},
    };
    return { key: `${type} ${thought.id} ${index}`, callId, message };
  };
  return [
    ...thought.uses.map((use, index) => messageOf(index, use.id, 'function_call', callContent(thought, use))),
    ...thought.uses.flatMap(({ id, output }, index) =>
      output === null ? [] : [messageOf(index, id, 'tool_response', output)],
    ),
  ];
}

/** Ids are numbers inside this text, beyond what JavaScript's numbers hold. */
function callContent(thought: Thought, use: ToolUse): string {
  const fields: readonly (readonly [string, string])[] = [
    // A tool that there is none of has no plugin.
    ['name', JSON.stringify(use.provider === '' ? use.name : `${use.provider}-${use.name}`)],
    ['arguments', writtenArguments(use)],
    ['plugin_id', namedId('plugin', use.provider)],
    ['plugin_name', JSON.stringify(use.provider)],
    ['api_id', namedId('api', `${use.provider}/${use.name}`)],
    ['api_name', JSON.stringify(use.name)],
    ['plugin_type', '1'],
    ['thought', JSON.stringify(thought.text)],
  ];
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}
