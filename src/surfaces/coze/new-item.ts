import type { NewItem } from '../../store/append-conversation-items.ts';
import type { ConversationRow } from '../../store/schema.ts';
import { type ChatMessage, readMessage, type Said } from './chat-messages.ts';
import { parameterError } from './coze-error.ts';
import { messageFiles } from './message-files.ts';
import type { CozeContext } from './route.ts';

/** A message that is put into a conversation by itself (`facts/coze-wire.md` §10). @throws CozeError 4000 | 4003 */
export function readNewMessage(message: ChatMessage): Said {
  if (message.role === 'assistant' && message.content_type === 'object_string')
    throw parameterError("a message of the assistant's is text.");
  const said = readMessage(message, true);
  if (said.text === '' && said.parts.length === 0) throw parameterError('content is empty.');
  return said;
}

/** The same as it is stored. @throws CozeError 4000 */
export async function newItem(
  context: CozeContext,
  conversation: Pick<ConversationRow, 'app_id'>,
  { role, text, parts, metadata }: Said,
): Promise<NewItem> {
  const files = await messageFiles(context, conversation, parts);
  return {
    role,
    text,
    files: files.length > 0 ? JSON.stringify(files) : null,
    metadata: metadata && JSON.stringify(metadata),
  };
}
