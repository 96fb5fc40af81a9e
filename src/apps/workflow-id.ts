/** Digits of an app version's hash that a workflow id holds: all but version and variant of a UUID. */
const DIGITS = 30;

/**
 * Each version of a workflow has an id of its own (`facts/dify-wire.md` §7.3): a UUID (of version 8, RFC 9562) made of the
 * version's hash, so that nothing need be stored to find one by the other.
 *
 * @param version `App.version`
 */
export function workflowIdOf(version: string): string {
  const part = (from: number, to: number): string => version.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(12, 15)}-8${part(15, 18)}-${part(18, DIGITS)}`;
}

/** What the hash of that version begins with; null for an id that is none of a workflow. */
export function versionPrefixOf(workflowId: string): string | null {
  const hex = workflowId.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{12}8[0-9a-f]{3}8[0-9a-f]{15}$/.test(hex)) return null;
  return hex.slice(0, 12) + hex.slice(13, 16) + hex.slice(17);
}
