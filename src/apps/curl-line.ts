import type { App, AppMode } from './app.ts';
import { exampleInputs } from './example-inputs.ts';

const CHAT = { path: 'chat-messages', chat: true };
const ROUTES: Readonly<Record<AppMode, { readonly path: string; readonly chat: boolean }>> = {
  chat: CHAT,
  'agent-chat': CHAT,
  'advanced-chat': CHAT,
  completion: { path: 'completion-messages', chat: false },
  workflow: { path: 'workflows/run', chat: false },
};

/** A command that streams an answer of this app, ready to paste into a shell. */
export function curlLine(url: string, app: App, key: string): string {
  const { path, chat } = ROUTES[app.mode];
  const question = app.config.suggestedQuestions[0] ?? 'Hello!';
  const body = {
    inputs: exampleInputs(app.config.inputForm),
    ...(chat ? { query: question } : {}),
    response_mode: 'streaming',
    user: 'me',
  };
  const json = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -N ${url}/v1/${path} -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${json}'`;
}
