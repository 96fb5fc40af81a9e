import { isRecord } from '../../config/is-record.ts';
import { followReference } from './follow-reference.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';
import type { SecurityScheme } from './operation.ts';

/**
 * What an operation wants to be shown, from its own `security` or the document's.
 *
 * @throws ToolError for a scheme that the document does not define
 */
export function readSecurity(
  document: OpenApiDocument,
  operation: Located & { readonly node: Readonly<Record<string, unknown>> },
): readonly (readonly SecurityScheme[])[] {
  const own = operation.node.security;
  const { node, path } =
    own === undefined
      ? { node: document.root.security, path: ['security'] }
      : { node: own, path: [...operation.path, 'security'] };
  if (!Array.isArray(node)) return [];
  return node.map((requirement, index) =>
    Object.keys(isRecord(requirement) ? requirement : {}).map((name) =>
      readScheme(document, name, [...path, index, name]),
    ),
  );
}

function readScheme(document: OpenApiDocument, name: string, path: Located['path']): SecurityScheme {
  const { components } = document.root;
  const schemes =
    isRecord(components) && isRecord(components.securitySchemes) ? components.securitySchemes : {};
  const node = Object.hasOwn(schemes, name) ? schemes[name] : undefined;
  const scheme = followReference(document, { node, path: ['components', 'securitySchemes', name] }).node;
  if (!isRecord(scheme)) {
    throw document.problem(path, 'there is no such scheme under components.securitySchemes');
  }
  switch (scheme.type) {
    case 'apiKey': {
      const { in: place, name: key } = scheme;
      if (typeof key !== 'string' || (place !== 'header' && place !== 'query' && place !== 'cookie')) break;
      return { name, kind: 'key', place, key };
    }
    case 'http': {
      const word = String(scheme.scheme);
      switch (word.toLowerCase()) {
        case 'basic':
          return { name, kind: 'basic' };
        case 'bearer':
          return { name, kind: 'token', word: 'Bearer' };
        case 'digest':
        case 'negotiate':
        case 'mutual':
          // Each of these is an exchange, not a header.
          return { name, kind: 'other', type: `http ${word}` };
        default:
          return { name, kind: 'token', word };
      }
    }
    case 'oauth2':
    case 'openIdConnect':
      // Getting a token is the owner's part.
      return { name, kind: 'token', word: 'Bearer' };
  }
  return { name, kind: 'other', type: String(scheme.type) };
}
