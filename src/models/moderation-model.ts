/** Provider-native content moderation (OpenAI `/v1/moderations`). */
export interface ModerationModel {
  /** True when any category is flagged. @throws ParleyError as `ChatModel.chat` does; `signal.reason` on abort. */
  flagged(text: string, options: { readonly signal: AbortSignal }): Promise<boolean>;
}
