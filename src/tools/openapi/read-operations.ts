import { isRecord } from '../../config/is-record.ts';
import { uniqueNames } from '../unique-names.ts';
import { followReference } from './follow-reference.ts';
import type { SchemaBudget } from './model-schema.ts';
import type { OpenApiDocument } from './openapi-document.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';
import { ownerCredentials } from './owner-credentials.ts';
import { readBody } from './read-body.ts';
import { readParameters } from './read-parameters.ts';
import { readSecurity } from './read-security.ts';
import { serverAddress } from './server-address.ts';

/** `trace` is not among them: it asks for an echo of the headers, credentials included. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const MAX_OPERATIONS = 1_000;
/** Schemas that are written out for one operation, and for a whole document. */
const MAX_SCHEMAS = 1_000;
const MAX_ALL_SCHEMAS = 100_000;
/** Tool descriptions are read by a model with every request. */
const MAX_DESCRIPTION = 1_024;
const MAX_LABEL = 100;

/**
 * Every operation of a document, in its order.
 *
 * @throws ToolError for what makes one of them impossible, with its place
 */
export function readOperations(document: OpenApiDocument, entry: OpenApiEntry): readonly Operation[] {
  const { paths } = document.root;
  const unique = uniqueNames();
  const operations: Operation[] = [];
  let left = MAX_ALL_SCHEMAS;
  for (const [path, node] of Object.entries(isRecord(paths) ? paths : {})) {
    const item = followReference(document, { node, path: ['paths', path] });
    if (!path.startsWith('/') || !isRecord(item.node)) continue;
    for (const [method, operation] of Object.entries(item.node)) {
      if (!METHODS.includes(method) || !isRecord(operation)) continue;
      if (operations.length === MAX_OPERATIONS) {
        throw document.problem(['paths'], `the document has more than ${MAX_OPERATIONS} operations`);
      }
      const budget = { left: Math.min(left, MAX_SCHEMAS) };
      const before = budget.left;
      const place: Place = {
        path,
        method,
        item: { node: item.node, path: item.path },
        operation: { node: operation, path: [...item.path, method] },
      };
      operations.push(readOperation(document, entry, place, budget, unique));
      left -= before - Math.max(budget.left, 0);
    }
  }
  return operations;
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly item: Node;
  readonly operation: Node;
}

interface Node {
  readonly node: Readonly<Record<string, unknown>>;
  readonly path: readonly (string | number)[];
}

function readOperation(
  document: OpenApiDocument,
  entry: OpenApiEntry,
  { path, method, item, operation }: Place,
  budget: SchemaBudget,
  uniqueName: ReturnType<typeof uniqueNames>,
): Operation {
  const { operationId, summary } = operation.node;
  const id = typeof operationId === 'string' && operationId.trim() !== '' ? operationId : null;
  const security = readSecurity(document, operation);
  const credentials = ownerCredentials(entry, security);
  const argument = uniqueNames();
  const parameters = readParameters(document, { path, item, operation, credentials, budget, argument });
  const body = readBody(document, operation, { budget, argument });
  const label = text(summary) ?? id ?? `${method.toUpperCase()} ${path}`;
  return {
    name: uniqueName(id ?? nameOf(path, method)),
    label: clipped(label, MAX_LABEL),
    description: clipped(
      text(operation.node.description) ?? text(summary) ?? text(item.node.description) ?? label,
      MAX_DESCRIPTION,
    ),
    method: method.toUpperCase(),
    path,
    server: serverAddress(
      document,
      [
        { node: operation.node.servers, path: [...operation.path, 'servers'] },
        { node: item.node.servers, path: [...item.path, 'servers'] },
        { node: document.root.servers, path: ['servers'] },
      ],
      entry.baseUrl,
    ),
    schema: {
      type: 'object',
      properties: { ...parameters.properties, ...body?.properties },
      required: [...parameters.required, ...(body?.required ?? [])],
      additionalProperties: false,
    },
    parameters: parameters.bindings,
    body: body?.binding ?? null,
    accept: acceptOf(operation),
    security,
  };
}

/** As Dify names what has no operationId, so that its apps find it here. */
function nameOf(path: string, method: string): string {
  return `${path.replace(/[^A-Za-z0-9_-]/g, '') || 'root'}_${method}`;
}

/** What the good answers of an operation are, JSON first; whatever the server likes comes last. */
function acceptOf(operation: Node): string {
  const { responses } = operation.node;
  const types = Object.entries(isRecord(responses) ? responses : {}).flatMap(([status, node]) => {
    if (!/^2/.test(status) || !isRecord(node) || !isRecord(node.content)) return [];
    return Object.keys(node.content).filter((type) => /^[\w.+-]+\/[\w.+*-]+$/.test(type));
  });
  const isJson = (type: string) => /\bjson$/i.test(type);
  const named = [...new Set(types)].slice(0, 10);
  const sorted =
    named.length === 0 ? ['application/json'] : named.toSorted((a, b) => +isJson(b) - +isJson(a));
  return [...sorted, '*/*;q=0.5'].join(', ');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function clipped(words: string, most: number): string {
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}
