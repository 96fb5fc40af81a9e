import type { Config } from '../../config/config.ts';
import type { OpenApiEntry } from './openapi-entry.ts';

/** The OpenAPI providers of `tools:` in `parley.yml`. */
export function configuredEntries({
  tools,
  toolSecrets,
}: Pick<Config, 'tools' | 'toolSecrets'>): readonly OpenApiEntry[] {
  return tools.flatMap((tool) => {
    if (tool.kind !== 'openapi') return [];
    const { name, timeoutMs, document, headers, query, baseUrl } = tool;
    const source = /^https?:\/\//i.test(document)
      ? ({ kind: 'address', url: document } as const)
      : ({ kind: 'file', path: document } as const);
    return [{ name, timeoutMs, document: source, headers, query, baseUrl, secrets: toolSecrets, unset: [] }];
  });
}
