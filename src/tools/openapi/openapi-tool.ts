import type { OutboundRule } from '../../config/outbound-rule.ts';
import { endpointOf } from '../../outbound/endpoint-of.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Tool } from '../tool.ts';
import { buildRequest } from './build-request.ts';
import type { OpenApiDocument } from './openapi-document.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';
import { ownerCredentials } from './owner-credentials.ts';
import { ownerSecrets } from './owner-secrets.ts';
import { MAX_FILE_BYTES, readAnswer } from './read-answer.ts';
import { sendRequest } from './send-request.ts';
import { trustedRule } from './trusted-rule.ts';

const CONNECT_MS = 10_000;
const TOTAL_MS = 60_000;

/** An operation as a tool. `life` ends its calls together with the provider. */
export function openApiTool(
  operation: Operation,
  {
    entry,
    document,
    outbound,
    life,
  }: {
    readonly entry: OpenApiEntry;
    readonly document: OpenApiDocument;
    readonly outbound: Outbound;
    readonly life: AbortSignal;
  },
): Tool {
  const credentials = ownerCredentials(entry, operation.security);
  const secrets = ownerSecrets(credentials);
  const secretHeaders = Object.keys(credentials.headers);
  const trusted = trustedServer(operation.server, entry, document);
  const totalMs = entry.timeoutMs ?? TOTAL_MS;
  const timeouts = { connectMs: Math.min(CONNECT_MS, totalMs), readMs: totalMs, totalMs };
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
    async invoke(args, context) {
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
 * What the owner wrote, or chose as a file or a copy, may be a private address. A document that is read from an address
 * anew at each start can change: of its servers only the one that it comes from is trusted.
 */
function trustedServer(
  server: URL,
  { baseUrl, document: source }: OpenApiEntry,
  { address }: OpenApiDocument,
): readonly OutboundRule[] {
  if (baseUrl !== null || source.kind !== 'address') return trustedRule(server);
  const [own, from] = [endpointOf(server), endpointOf(new URL(source.url))];
  const same = address !== null && own.host === from.host && own.port === from.port;
  return same ? trustedRule(server) : [];
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
