/** The same value, with all texts and names inside it, without NUL: PostgreSQL stores none, and nobody means one. */
export function withoutNul<T>(value: T): T {
  if (typeof value === 'string') return clean(value) as T;
  // Also true of words about NUL, which are left as they are.
  if (typeof value !== 'object' || value === null || !JSON.stringify(value).includes('\\u0000')) return value;
  return JSON.parse(JSON.stringify(value), (_name, inner) => {
    if (typeof inner === 'string') return clean(inner);
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.keys(inner).some((name) => name.includes('\0'))
      ? Object.fromEntries(Object.entries(inner).map(([name, one]) => [clean(name), one]))
      : inner;
  }) as T;
}

function clean(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}
