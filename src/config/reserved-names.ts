/** Names that reach an object's prototype when code copies them carelessly; no honest document has them. */
export const RESERVED_NAMES: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);
