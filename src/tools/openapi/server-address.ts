import { isRecord } from '../../config/is-record.ts';
import { ToolError } from '../tool-error.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';

/**
 * Where an operation is sent: the owner's base URL, or else the first server of the first list that has one (of the
 * operation, its path, the document), with its variables' defaults.
 *
 * @throws ToolError for a server that is not absolute and has nothing to be relative to, or is no http address
 */
export function serverAddress(
  document: OpenApiDocument,
  lists: readonly Located[],
  baseUrl: string | null,
): URL {
  if (baseUrl !== null) {
    const url = new URL(baseUrl);
    if (url.username === '' && url.password === '') return url;
    throw new ToolError(
      'failed',
      `the base URL at ${url.host} holds credentials; send them in a header instead`,
    );
  }
  const list = lists.find(({ node }) => Array.isArray(node) && node.length > 0);
  if (list === undefined) return absolute(document, '/', { node: null, path: [] });
  const server = (list.node as readonly unknown[])[0];
  const path = [...list.path, 0, 'url'];
  const template = isRecord(server) && typeof server.url === 'string' ? server.url : '/';
  const variables = isRecord(server) && isRecord(server.variables) ? server.variables : {};
  const text = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (isRecord(variable) && typeof variable.default === 'string') return variable.default;
    throw document.problem(path, `the variable {${name.slice(0, 100)}} of the server has no default`);
  });
  return absolute(document, text, { node: server, path });
}

function absolute(document: OpenApiDocument, text: string, { path }: Located): URL {
  const url = URL.parse(text, document.address ?? undefined);
  if (url === null) {
    const reason =
      document.address === null && URL.canParse(text, 'http://a.example')
        ? 'the address of the API is not known: the document names no server that begins with http:// or https://; add one under "servers", or give a base URL (base_url in parley.yml, --base-url of parley tool add)'
        : 'expected an http:// or https:// address of the server';
    throw document.problem(path, reason);
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw document.problem(path, 'expected an http:// or https:// address of the server');
  }
  if (url.username !== '' || url.password !== '') {
    const reason = 'the address of the server holds credentials; send them in a header instead';
    throw document.problem(path, reason);
  }
  return url;
}
