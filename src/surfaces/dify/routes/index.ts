import type { DifyRoute } from '../route.ts';
import { sendChatMessage, stopChatMessage } from './chat-messages.ts';
import { sendCompletionMessage, stopCompletionMessage } from './completion-messages.ts';

/** Every route under `/v1`: the gate, the OpenAPI document and the security tests go by this table. */
export const difyRoutes: readonly DifyRoute[] = [
  sendChatMessage,
  stopChatMessage,
  sendCompletionMessage,
  stopCompletionMessage,
];
