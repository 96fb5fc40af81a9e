import { isRecord } from '../../config/is-record.ts';
import type { YamlPath } from '../../config/yaml-source.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';

/** A chain of references that is longer leads nowhere, or in a circle. */
const MAX_CHAIN = 32;

/**
 * What a node is once its `$ref`, if it has one, has been followed to the end.
 *
 * @throws ToolError for a reference out of the document, or to what is not there
 */
export function followReference(document: OpenApiDocument, start: Located): Located {
  let found = start;
  for (let steps = 0; isReference(found.node); steps++) {
    const path = [...found.path, '$ref'];
    if (steps === MAX_CHAIN) throw document.problem(path, 'the $ref leads in a circle');
    found = lookUp(document, found.node.$ref, path);
  }
  return found;
}

export function isReference(node: unknown): node is { readonly $ref: string } & Record<string, unknown> {
  return isRecord(node) && typeof node.$ref === 'string';
}

/** Where `ref` leads, one step. Bundlers make references that pass through others. */
export function lookUp(document: OpenApiDocument, ref: string, at: YamlPath, depth = 0): Located {
  if (depth === MAX_CHAIN) throw document.problem(at, 'the $ref leads in a circle');
  const shown = JSON.stringify(ref.slice(0, 200));
  if (!ref.startsWith('#')) {
    const reason = `the $ref ${shown} leads out of the document; only references within it (#/…) are followed, so bundle the document first`;
    throw document.problem(at, reason);
  }
  const pointer = decoded(ref.slice(1));
  if (pointer === undefined || (pointer !== '' && !pointer.startsWith('/'))) {
    throw document.problem(at, `the $ref ${shown} is no reference of the form #/…`);
  }
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let found: Located = { node: document.root, path: [] };
  for (const step of steps) {
    if (isReference(found.node) && !Object.hasOwn(found.node, step)) {
      found = lookUp(document, found.node.$ref, at, depth + 1);
    }
    const { node, path } = found;
    // Only what the document says itself: "#/constructor" is in every object.
    const inside = (isRecord(node) || Array.isArray(node)) && Object.hasOwn(node, step);
    if (!inside) throw document.problem(at, `the $ref ${shown} leads to nothing`);
    found = { node: (node as Record<string, unknown>)[step], path: [...path, step] };
  }
  return found;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
