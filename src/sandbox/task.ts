/** What a thread is asked to run. */
export interface Task {
  readonly code: string;
  readonly call: 'main' | 'script';
  /** A JSON object. */
  readonly inputs: string;
}
