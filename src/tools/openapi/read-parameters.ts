import { isRecord } from '../../config/is-record.ts';
import { followReference } from './follow-reference.ts';
import { modelSchema, type SchemaBudget } from './model-schema.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';
import type { ParameterBinding, ParameterPlace, ParameterStyle } from './operation.ts';
import type { OwnerCredentials } from './owner-credentials.ts';

type Node = Located & { readonly node: Readonly<Record<string, unknown>> };

export interface ReadParameters {
  readonly bindings: readonly ParameterBinding[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

/** Order of places: of two that have one name, the earlier keeps it. */
const PLACES: readonly ParameterPlace[] = ['path', 'query', 'header', 'cookie'];

/**
 * Set by the connection, by the body or by the owner. OpenAPI leaves the first three out of parameters as well.
 */
const RESERVED_HEADERS = new Set([
  ...['accept', 'content-type', 'authorization', 'proxy-authorization', 'cookie', 'host', 'content-length'],
  ...[
    'transfer-encoding',
    'te',
    'trailer',
    'expect',
    'upgrade',
    'connection',
    'keep-alive',
    'proxy-connection',
  ],
]);

/** The parameters of an operation and its path that a model sets: those that the owner's credentials fill are left out. */
export function readParameters(
  document: OpenApiDocument,
  given: {
    readonly path: string;
    readonly item: Node;
    readonly operation: Node;
    readonly credentials: OwnerCredentials;
    readonly budget: SchemaBudget;
    readonly argument: (wanted: string, suffix?: string) => string;
  },
): ReadParameters {
  const bindings: ParameterBinding[] = [];
  const properties: [string, unknown][] = [];
  const required: string[] = [];
  const parameters = [...collect(document, given), ...undeclared(document, given)];
  for (const place of PLACES) {
    for (const { node, path } of parameters) {
      const name = String(node.name);
      if (node.in !== place || isTaken(place, name, given.credentials)) continue;
      if (place === 'path' && !given.path.includes(`{${name}}`)) continue;
      const content = isRecord(node.content) ? Object.entries(node.content)[0] : undefined;
      const media = content?.[1];
      const schema =
        content === undefined
          ? { node: node.schema, path: [...path, 'schema'] }
          : { node: isRecord(media) ? media.schema : {}, path: [...path, 'content', content[0], 'schema'] };
      const argument = given.argument(name, place);
      const written = modelSchema(document, schema, given.budget);
      const description = typeof node.description === 'string' ? node.description.slice(0, 500) : undefined;
      properties.push([argument, { ...written, ...(description !== undefined && { description }) }]);
      if (place === 'path' || node.required === true) required.push(argument);
      bindings.push({
        argument,
        place,
        name,
        ...styleOf(place, node),
        allowReserved: node.allowReserved === true,
        json: content !== undefined && /\bjson\b/i.test(content[0]),
      });
    }
  }
  return { bindings, properties: Object.fromEntries(properties), required };
}

/** Those of the operation, and those of its path that it does not have itself. */
function collect(
  document: OpenApiDocument,
  { item, operation }: { readonly item: Node; readonly operation: Node },
): Node[] {
  const found = new Map<string, Node>();
  for (const { node, path } of [item, operation]) {
    if (!Array.isArray(node.parameters)) continue;
    for (const [index, entry] of node.parameters.entries()) {
      const parameter = followReference(document, { node: entry, path: [...path, 'parameters', index] });
      if (!isRecord(parameter.node) || typeof parameter.node.name !== 'string') continue;
      found.set(`${parameter.node.in} ${parameter.node.name}`, { ...parameter, node: parameter.node });
    }
  }
  return [...found.values()];
}

/** Names in the path that the document forgot to declare: a request cannot be made without them. */
function undeclared(
  document: OpenApiDocument,
  given: { readonly path: string; readonly item: Node; readonly operation: Node },
): Node[] {
  const declared = collect(document, given).flatMap(({ node }) => (node.in === 'path' ? [node.name] : []));
  return [...given.path.matchAll(/\{([^{}/]+)\}/g)].flatMap(([, name]) =>
    declared.includes(name)
      ? []
      : [{ node: { name, in: 'path', schema: { type: 'string' } }, path: ['paths', given.path] }],
  );
}

function isTaken(
  place: ParameterPlace,
  name: string,
  { headers, query, cookies }: OwnerCredentials,
): boolean {
  const among = (names: readonly string[]) => names.some((own) => own.toLowerCase() === name.toLowerCase());
  switch (place) {
    case 'path':
      return false;
    case 'query':
      return among(Object.keys(query));
    case 'header':
      return RESERVED_HEADERS.has(name.toLowerCase()) || among(Object.keys(headers));
    case 'cookie':
      return among(Object.keys(cookies));
  }
}

const STYLES: Readonly<Record<ParameterPlace, readonly [ParameterStyle, ...ParameterStyle[]]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

function styleOf(
  place: ParameterPlace,
  { style, explode }: Readonly<Record<string, unknown>>,
): { readonly style: ParameterStyle; readonly explode: boolean } {
  const [usual] = STYLES[place];
  const found = STYLES[place].find((known) => known === style) ?? usual;
  return { style: found, explode: typeof explode === 'boolean' ? explode : found === 'form' };
}
