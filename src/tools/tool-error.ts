/**
 * - `arguments`: they do not fit the tool's parameters; a model can try again with others;
 * - `credentials`: the owner has given no key, or one that is refused;
 * - `timeout`: the tool took longer than it may;
 * - `failed`: anything else that went wrong at the tool.
 */
export type ToolFailure = 'arguments' | 'credentials' | 'timeout' | 'failed';

/**
 * How a tool came to nothing. The message is read by models and by authors of apps: it says what to change, and holds no
 * credentials, no paths of this machine and no stack.
 */
export class ToolError extends Error {
  readonly kind: ToolFailure;

  constructor(kind: ToolFailure, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ToolError';
    this.kind = kind;
  }
}
