import type { App } from './app.ts';
import { exampleInputs } from './example-inputs.ts';

/** A command that streams an answer of this app, ready to paste into a shell. */
export function curlLine(url: string, app: App, key: string): string {
  const chat = app.mode !== 'completion';
  const path = chat ? 'chat-messages' : 'completion-messages';
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
