/** Speech to text. */
export interface TranscriptionModel {
  /** @throws ParleyError as `ChatModel.chat` does; `signal.reason` on abort. */
  transcribe(
    audio: { readonly data: Uint8Array; readonly mimeType: string; readonly filename: string },
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly text: string }>;
}

/** Text to speech; answers MP3. */
export interface SpeechModel {
  /** Voice used when the app names none; null when the provider has no default. */
  readonly defaultVoice: string | null;
  /** @throws ParleyError as `ChatModel.chat` does; `signal.reason` on abort. */
  speak(
    text: string,
    options: { readonly voice: string; readonly language?: string; readonly signal: AbortSignal },
  ): Promise<{ readonly data: Uint8Array; readonly mimeType: string }>;
}
