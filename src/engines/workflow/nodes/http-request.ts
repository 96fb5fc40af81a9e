import type { OutboundBody, OutboundResponse } from '../../../outbound/outbound.ts';
import { OutboundError } from '../../../outbound/outbound-error.ts';
import { assembleBody, type HttpBody } from '../http/assemble-body.ts';
import { assembleRequest, type HttpRequest } from '../http/assemble-request.ts';
import { dumpRequest } from '../http/dump-request.ts';
import { HTTP_LIMITS, type HttpConfig, httpConfigSchema } from '../http/http-config.ts';
import { readResponse, tooLarge } from '../http/read-response.ts';
import { withoutSecrets } from '../http/without-secrets.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { referencesIn } from '../pool/references.ts';
import type { ValueRecord } from '../values/value.ts';

/** One HTTP request (`facts/dify-dsl-engine.md` §4.15). A status is an error only for a node that expects errors. */
export const httpRequest = defineNode<HttpConfig>({
  types: ['http-request'],
  role: 'plain',
  retries: true,
  config: httpConfigSchema,
  /** Dify's editor gives this to every node that says nothing. */
  normalise: (data) =>
    data.retry_config === undefined || data.retry_config === null
      ? { ...data, retry_config: { retry_enabled: true, max_retries: 3, retry_interval: 100 } }
      : data,
  warnings: ({ ssl_verify }) =>
    ssl_verify === false
      ? [
          'ssl_verify: false has no effect: certificates are always checked, against those of NODE_EXTRA_CA_CERTS too',
        ]
      : [],
  references: ({ url, headers, params, authorization, body }) => [
    ...[url, headers, params, authorization?.config?.api_key].flatMap((text) => referencesIn(text ?? '')),
    ...(body?.data ?? []).flatMap((item) => [
      ...referencesIn(String(item.value ?? '')),
      ...('file' in item && item.file ? [item.file] : []),
    ]),
  ],
  async run(config, context) {
    const { pool, services, signal, node } = context;
    const body = await assembleBody(config, { pool, files: services.files, signal });
    const request = assembleRequest(config, body, pool);
    const processData = { request: dumpRequest(request, body, pool) };
    const response = await send(config, request, body, context).catch((error: unknown) => {
      throw told(error, processData, context);
    });
    const { status, headers, content } = read(response, processData);
    const files = content.kind === 'file' ? [await services.files.save(content, { signal })] : [];
    const text = content.kind === 'text' ? content.text : '';
    const outputs: ValueRecord = { status_code: status, body: text, headers, files };
    if ((status < 200 || status > 299) && node.expectsErrors) {
      const message = `Request failed with status code ${status}`;
      throw new NodeError('HTTPResponseCodeError', message, { processData, outputs });
    }
    return { processData, outputs, types: { files: 'array[file]' } };
  },
});

function send(
  { timeout }: HttpConfig,
  { method, url, headers, secretHeaders }: HttpRequest,
  body: HttpBody,
  { services, signal }: NodeContext,
): Promise<OutboundResponse> {
  const connectMs = 1000 * (timeout?.connect || HTTP_LIMITS.connectSeconds);
  const readMs = 1000 * (timeout?.read || HTTP_LIMITS.readSeconds);
  const writeMs = 1000 * (timeout?.write || HTTP_LIMITS.writeSeconds);
  return services.outbound.request(url, {
    method,
    headers,
    secretHeaders,
    body: bytesOf(body),
    allow: services.allow,
    timeouts: { connectMs, readMs, writeMs, totalMs: connectMs + readMs + writeMs },
    maxBytes: HTTP_LIMITS.fileBytes,
    signal,
  });
}

function bytesOf(body: HttpBody): OutboundBody | null {
  switch (body.kind) {
    case 'none':
      return null;
    case 'text':
      return body.text;
    case 'bytes':
      return body.bytes;
    case 'form':
      return body.form;
  }
}

function told(error: unknown, processData: ValueRecord, { pool, signal }: NodeContext): unknown {
  if (signal.aborted || !(error instanceof OutboundError)) return error;
  if (error.kind === 'too_large') {
    const limit = `more than ${(HTTP_LIMITS.fileBytes / 1024 ** 2).toFixed(2)} MB`;
    const { type, message } = tooLarge(true, limit);
    return new NodeError(type, message, { processData, cause: error });
  }
  return new NodeError('HttpRequestNodeError', withoutSecrets(error.message, pool), {
    processData,
    cause: error,
  });
}

function read(response: OutboundResponse, processData: ValueRecord) {
  try {
    return readResponse(response);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    throw new NodeError(error.type, error.message, { processData, cause: error });
  }
}
