/** The same value, with all texts inside it, without NUL: PostgreSQL stores none, and nobody means one. */
export function withoutNul<T>(value: T): T {
  if (typeof value === 'string') return (value.includes('\0') ? value.replaceAll('\0', '') : value) as T;
  if (typeof value !== 'object' || value === null || !JSON.stringify(value).includes('\\u0000')) return value;
  return JSON.parse(JSON.stringify(value), (_key, inner) => withoutNul(inner)) as T;
}
