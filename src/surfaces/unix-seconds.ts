/** Our times are milliseconds; times on the wire are whole seconds. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
