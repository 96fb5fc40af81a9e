/** What people read on a page. */
export interface Article {
  readonly title: string;
  /** Empty where the page names none. */
  readonly author: string;
  readonly text: string;
}
