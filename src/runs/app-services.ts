import type { App } from '../apps/app.ts';
import type { Owner } from '../store/owner.ts';
import type { MessageRow } from '../store/schema.ts';

/** What an app does beside its runs. Engines provide it, surfaces ask for it; `server.ts` brings them together. */
export interface AppServices {
  /** A title for a conversation that begins with `query`. @throws ParleyError when the model fails */
  writeTitle(app: App, query: string, options: { readonly signal: AbortSignal }): Promise<string>;
  /** Up to three questions that the end user may ask next, from the conversation up to `message`. */
  suggestQuestions(
    app: App,
    owner: Owner,
    message: MessageRow,
    options: { readonly signal: AbortSignal },
  ): Promise<string[]>;
  /** Speech to text. */
  transcribe(
    app: App,
    audio: { readonly data: Uint8Array; readonly mimeType: string; readonly filename: string },
    options: { readonly signal: AbortSignal },
  ): Promise<string>;
  /** Text to speech, MP3. `voice` null: the app's, else the model's own. */
  speak(
    app: App,
    text: string,
    options: { readonly voice: string | null; readonly signal: AbortSignal },
  ): Promise<{ readonly data: Uint8Array; readonly mimeType: string }>;
}
