/** Speech to text. */
export interface TranscriptionModel {
  /** @throws ParleyError as `ChatModel.chat` does; `signal.reason` on abort. */
  transcribe(
    audio: { readonly data: Uint8Array; readonly mimeType: string; readonly filename: string },
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly text: string }>;
}

/** Opus comes in an Ogg container; PCM is 24 kHz, 16-bit, mono, little-endian and has no header. */
export type SpeechFormat = 'mp3' | 'wav' | 'pcm' | 'opus';

/** Text to speech. */
export interface SpeechModel {
  /** Voice used when the app names none; null when the provider has no default. */
  readonly defaultVoice: string | null;
  /** Voices that are known to be there, the default first; others may be asked for, and the provider decides. */
  readonly voices: readonly string[];
  /**
   * `format` is MP3 when absent, and `mimeType` follows it. `speed` 1 is the voice's own; what the provider would
   * refuse is brought to the nearest it takes.
   *
   * @throws ParleyError as `ChatModel.chat` does; `signal.reason` on abort.
   */
  speak(
    text: string,
    options: {
      readonly voice: string;
      readonly language?: string;
      readonly format?: SpeechFormat;
      readonly speed?: number;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly data: Uint8Array; readonly mimeType: string }>;
}
