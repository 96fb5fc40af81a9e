/** What a tool has used of models. Prices are decimal strings. */
export interface ModelUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly promptPrice: string;
  readonly completionPrice: string;
  readonly totalPrice: string;
}
