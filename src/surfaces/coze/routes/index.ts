import type { CozeRoute } from '../route.ts';
import { chat } from './chat.ts';
import { cancelChat, listChatMessages, retrieveChat, submitToolOutputs } from './chats.ts';

/** Every route below the base URL: the gate, README's table and the security tests go by this table. */
export const cozeRoutes: readonly CozeRoute[] = [
  chat,
  retrieveChat,
  listChatMessages,
  cancelChat,
  submitToolOutputs,
];
