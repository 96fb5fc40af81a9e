import type { OutboundRule } from '../../config/outbound-rule.ts';
import { endpointOf } from '../../outbound/endpoint-of.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { trustedRule } from '../../outbound/trusted-rule.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { buildRequest } from './build-request.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';
import { type OwnerCredentials, ownerCredentials } from './owner-credentials.ts';
import { isPublicHeader, ownerSecrets } from './owner-secrets.ts';
import { MAX_FILE_BYTES, readAnswer } from './read-answer.ts';
import { sendRequest } from './send-request.ts';

const CONNECT_MS = 10_000;
const TOTAL_MS = 60_000;

/** An operation as a tool. `life` ends its calls together with the provider. */
export function openApiTool(
  operation: Operation,
  {
    entry,
    outbound,
    life,
  }: {
    readonly entry: OpenApiEntry;
    readonly outbound: Outbound;
    readonly life: AbortSignal;
  },
): Tool {
  const credentials = ownerCredentials(entry, operation.security);
  const secrets = ownerSecrets(credentials);
  const secretHeaders = Object.keys(credentials.headers);
  const trusted = trustedServer(operation.server, entry);
  const kept = keptBack(operation.server, entry, credentials);
  const totalMs = entry.timeoutMs ?? TOTAL_MS;
  const timeouts = { connectMs: Math.min(CONNECT_MS, totalMs), readMs: totalMs, totalMs };
  const lack = kept ?? credentials.missing;
  return {
    provider: entry.name,
    name: operation.name,
    label: { en_US: operation.label },
    description: operation.description,
    parameters: operation.schema,
    authored: [],
    icon: { content: '🔌', background: '#E0F2FE' },
    timeoutMs: entry.timeoutMs,
    executedBy: 'server',
    ...(lack === null ? {} : { lack }),
    async invoke(args, context) {
      if (kept !== null) throw new ToolError('credentials', kept);
      const request = await buildRequest(operation, credentials, args);
      const allow = [...context.allow, ...trusted];
      const controller = new AbortController();
      const { signal } = controller;
      const release = follow(controller, [context.signal, life]);
      try {
        const options = { allow, timeouts, maxBytes: MAX_FILE_BYTES, secretHeaders, secrets, signal };
        return await readAnswer(await sendRequest(outbound, request, options), secrets);
      } finally {
        release();
      }
    },
  };
}

/**
 * Why the owner's credentials do not go to a server; null: they do, or there are none. A document that is read from an
 * address anew at each start names what it likes: it gets them only for where it comes from itself.
 */
function keptBack(
  server: URL,
  { name, baseUrl, document }: OpenApiEntry,
  { headers, query, cookies }: OwnerCredentials,
): string | null {
  if (baseUrl !== null || document.kind !== 'address') return null;
  const from = new URL(document.url);
  const secret = Object.keys(headers).filter((header) => !isPublicHeader(header));
  if (from.origin === server.origin || secret.length + Object.keys({ ...query, ...cookies }).length === 0)
    return null;
  return `the credentials of ${name} go to ${from.origin}, where its document is, and not to ${server.origin}, which the document names; if they are for that server, set base_url of the tool ${name} in parley.yml`;
}

/**
 * What the owner wrote, or chose as a file or a copy, may be a private address. A document that is read from an address
 * anew at each start can change: of its servers only the one that it comes from is trusted.
 */
function trustedServer(server: URL, { baseUrl, document: source }: OpenApiEntry): readonly OutboundRule[] {
  if (baseUrl !== null) return trustedRule(server);
  if (source.kind !== 'address') return trustedRule(server, { metadata: false });
  const [own, from] = [endpointOf(server), endpointOf(new URL(source.url))];
  return own.host === from.host && own.port === from.port ? trustedRule(server, { metadata: false }) : [];
}

function follow(controller: AbortController, signals: readonly AbortSignal[]): () => void {
  const listeners = signals.map((signal) => {
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}
