/** What a token opens: the data of these apps' end users, and its own. Its queries filter by it in SQL, as by an `Owner`. */
export interface Reach {
  readonly apps: readonly string[] | 'all';
  /** The end user (of no app) that stands for the token: owner of its uploads, and of conversations not yet begun. */
  readonly account: string;
}
