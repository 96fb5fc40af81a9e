/** What a call cost. Decimal strings without exponent, as on the wire (`facts/dify-wire.md` §3.4 usage). */
export interface Price {
  /** Price of `priceUnit` tokens times 1/priceUnit: Dify prints the price of one unit (e.g. per 1,000 tokens: unit 0.001). */
  readonly promptUnitPrice: string;
  readonly promptPriceUnit: string;
  readonly promptPrice: string;
  readonly completionUnitPrice: string;
  readonly completionPriceUnit: string;
  readonly completionPrice: string;
  readonly totalPrice: string;
  readonly currency: 'USD';
}
