/**
 * What a thread says.
 *
 * `spent`: its interpreter must not be used again. `needs`: packages to be loaded first; nothing has run yet. `missing`:
 * an import of a module that is not there was not caught.
 */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'value'; readonly json: string; readonly output: string; readonly spent: boolean }
  | {
      readonly kind: 'failure';
      readonly failure: 'error' | 'memory' | 'output';
      readonly message: string;
      readonly output: string;
      readonly spent: boolean;
    }
  | {
      readonly kind: 'missing';
      readonly module: string;
      readonly message: string;
      readonly output: string;
      readonly spent: boolean;
    }
  | { readonly kind: 'needs'; readonly packages: readonly string[] };
