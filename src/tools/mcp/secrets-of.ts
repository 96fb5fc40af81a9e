import type { McpServerConfig } from '../../config/config.ts';

/** What the owner wrote for this server alone, and must not come back in an error's text. */
export function secretsOf(server: McpServerConfig): readonly string[] {
  const values =
    server.kind === 'stdio'
      ? Object.values(server.env)
      : [...Object.values(server.headers), ...(URL.parse(server.url)?.searchParams.values() ?? [])];
  // Also without the scheme before it, as in "Bearer …"; the longest first, so that none is left in pieces.
  return values
    .flatMap((value) => [value, value.replace(/^\S+\s+/, '')])
    .filter((value) => value.length >= 4)
    .sort((one, other) => other.length - one.length);
}
