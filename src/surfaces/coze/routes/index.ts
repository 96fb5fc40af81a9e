import type { CozeRoute } from '../route.ts';
import { createSpeech, listVoices, transcribe } from './audio.ts';
import { listBots, listPublishedBots, retrieveBot, retrieveOnlineBot } from './bots.ts';
import { chat } from './chat.ts';
import { cancelChat, listChatMessages, retrieveChat, submitToolOutputs } from './chats.ts';
import {
  clearConversation,
  createConversation,
  deleteConversation,
  listConversations,
  retrieveConversation,
  updateConversation,
} from './conversations.ts';
import { giveFeedback, takeFeedbackBack } from './feedback.ts';
import { retrieveFile, uploadFile } from './files.ts';
import { deleteMessage, modifyMessage } from './message-changes.ts';
import { createMessage, listMessages, retrieveMessage } from './messages.ts';
import { retrieveMe } from './users.ts';
import { retrieveVariables, updateVariables } from './variables.ts';
import { listWorkspaces } from './workspaces.ts';

/** Every route below the base URL: the gate, README's table and the security tests go by this table. */
export const cozeRoutes: readonly CozeRoute[] = [
  chat,
  retrieveChat,
  listChatMessages,
  cancelChat,
  submitToolOutputs,
  createConversation,
  retrieveConversation,
  listConversations,
  updateConversation,
  deleteConversation,
  clearConversation,
  createMessage,
  listMessages,
  retrieveMessage,
  modifyMessage,
  deleteMessage,
  giveFeedback,
  takeFeedbackBack,
  uploadFile,
  retrieveFile,
  retrieveOnlineBot,
  retrieveBot,
  listPublishedBots,
  listBots,
  listWorkspaces,
  retrieveMe,
  retrieveVariables,
  updateVariables,
  createSpeech,
  transcribe,
  listVoices,
];
