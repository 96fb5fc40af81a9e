import type { App } from '../apps/app.ts';
import type { Owner } from '../store/owner.ts';
import type { MessageRow } from '../store/schema.ts';

/** A tool that an app can call, for people. */
export interface ToolInfo {
  readonly provider: string;
  readonly name: string;
  /** By language: `{ en_US: 'Current Time' }`. */
  readonly label: Readonly<Record<string, string>>;
  readonly description: string;
  readonly executedBy: 'server' | 'caller';
  /** The address of a picture, or an emoji on a colour. */
  readonly icon: string | { readonly background: string; readonly content: string };
}

/** What an app does beside its runs. Engines provide it, surfaces ask for it; `server.ts` brings them together. */
export interface AppServices {
  /** A title for a conversation that begins with `query`. @throws ParleyError when the model fails */
  writeTitle(app: App, query: string, options: { readonly signal: AbortSignal }): Promise<string>;
  /** Up to three questions that the end user may ask next, from the conversation up to `message`. */
  suggestQuestions(
    app: App,
    owner: Owner,
    message: Pick<MessageRow, 'id' | 'conversation_id' | 'section' | 'query' | 'answer' | 'created_at'>,
    options: { readonly signal: AbortSignal },
  ): Promise<string[]>;
  /** The tools that an app names and this server has, as far as they can be told now; none for apps that are no agents. */
  tools(app: App): Promise<readonly ToolInfo[]>;
  /** Speech to text. `app` null: no app asks, and the provider is the one that is chosen without one. */
  transcribe(
    app: App | null,
    audio: { readonly data: Uint8Array; readonly mimeType: string; readonly filename: string },
    options: { readonly signal: AbortSignal },
  ): Promise<string>;
  /**
   * Text to speech, `app` as in `transcribe`. `voice` null: the app's, else the model's own. `format` is MP3 when
   * absent; opus comes in an Ogg container, pcm is 24 kHz, 16-bit, mono, little-endian.
   *
   * Long texts are spoken in pieces as MP3 and PCM only: a WAV or Ogg file does not continue in a second one, so such a
   * text is as long as the provider takes at once (4096 characters at OpenAI).
   */
  speak(
    app: App | null,
    text: string,
    options: {
      readonly voice: string | null;
      readonly format?: 'mp3' | 'wav' | 'pcm' | 'opus';
      /** 1 is the voice's own. What the provider would refuse is brought to the nearest that it takes. */
      readonly speed?: number;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly data: Uint8Array; readonly mimeType: string }>;
  /** The voices that `speak` without an app is known to have, its default first; empty when nobody speaks. */
  voices(): readonly { readonly name: string }[];
}
