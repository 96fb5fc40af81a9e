import type { DifyRoute } from '../route.ts';
import { appInfo, appMeta, appSite, parameters } from './app-info.ts';
import { speak, transcribe } from './audio.ts';
import { sendChatMessage } from './chat-messages.ts';
import { sendCompletionMessage } from './completion-messages.ts';
import { listVariables, updateVariable } from './conversation-variables.ts';
import { deleteConversation, listConversations, renameConversation } from './conversations.ts';
import { getEndUser } from './end-users.ts';
import { giveFeedback, listFeedbacks } from './feedbacks.ts';
import { previewFile, uploadFile } from './files.ts';
import { listMessages, suggestQuestions } from './messages.ts';
import { chatEvents, completionEvents, workflowEvents } from './run-events.ts';
import { stopChatMessage, stopCompletionMessage, stopWorkflow } from './stop.ts';
import { listWorkflowLogs } from './workflow-logs.ts';
import { getWorkflowRun } from './workflow-runs.ts';
import { runWorkflow, runWorkflowVersion } from './workflows.ts';

/** Every route under `/v1`: the gate, the OpenAPI document and the security tests go by this table. */
export const difyRoutes: readonly DifyRoute[] = [
  sendChatMessage,
  stopChatMessage,
  chatEvents,
  sendCompletionMessage,
  stopCompletionMessage,
  completionEvents,
  runWorkflow,
  runWorkflowVersion,
  stopWorkflow,
  workflowEvents,
  getWorkflowRun,
  listWorkflowLogs,
  uploadFile,
  previewFile,
  listConversations,
  deleteConversation,
  renameConversation,
  listVariables,
  updateVariable,
  listMessages,
  suggestQuestions,
  giveFeedback,
  listFeedbacks,
  transcribe,
  speak,
  appInfo,
  parameters,
  appMeta,
  appSite,
  getEndUser,
];
