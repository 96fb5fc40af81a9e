/** Where a value is: a node's id (or `sys`, `env`, `conversation`), a variable's name, and a path of keys into its value. */
export type Selector = readonly string[];

/** Ids that are no nodes. */
export const SYSTEM = 'sys';
export const ENVIRONMENT = 'env';
export const CONVERSATION = 'conversation';

/** As Python prints a list of strings, for error texts. */
export function selectorText(selector: Selector): string {
  return `[${selector.map((part) => `'${part}'`).join(', ')}]`;
}
