/** One page of results, as DuckDuckGo's page without scripts shows it. */
export interface SearchPage {
  readonly results: readonly SearchResult[];
  /** The form that asks for the next page; null: this is the last one. */
  readonly next: Readonly<Record<string, string>> | null;
  /** False: it is no page of results, but one that asks whether a human is there. */
  readonly answered: boolean;
}

export interface SearchResult {
  readonly title: string;
  readonly href: string;
  readonly body: string;
}
