const DIGITS = '\\d+(?:_\\d+)*';
const INTEGER = new RegExp(`^[-+]?${DIGITS}$`);
const FLOAT = new RegExp(`^[-+]?(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:[eE][-+]?${DIGITS})?$`);

/**
 * A number that somebody typed, read as Dify does: Python's `float()` when it has a dot, else `int()`; so `1e5` is
 * none. Undefined when it is no number. Digits beyond what a JavaScript number holds exactly stay text.
 */
export function pythonNumber(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (!(trimmed.includes('.') ? FLOAT : INTEGER).test(trimmed)) return undefined;
  const plain = trimmed.replaceAll('_', '').replace(/^\+/, '');
  const number = Number(plain);
  if (!Number.isFinite(number)) return undefined;
  return trimmed.includes('.') || Number.isSafeInteger(number) ? number : plain;
}
