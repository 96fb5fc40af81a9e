import type { Article } from './article.ts';
import type { SearchPage } from './search-page.ts';

/** A page for a thread to read: its main part, all of its text, or the results of a search. */
export interface PageTask {
  readonly kind: 'article' | 'text' | 'results';
  readonly body: Uint8Array;
  readonly contentType: string | null;
}

export type PageReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'article'; readonly article: Article }
  | { readonly kind: 'results'; readonly page: SearchPage }
  /** `message`: for the model and the app's author. */
  | { readonly kind: 'failure'; readonly message: string };
