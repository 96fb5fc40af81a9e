import { MASK } from '../pool/mask-secrets.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { HttpBody } from './assemble-body.ts';
import type { HttpRequest } from './assemble-request.ts';
import { withoutSecrets } from './without-secrets.ts';

/** Of a body; more helps nobody. */
const SHOWN = 20_000;

/** The request as it goes over the wire, for the log: without credentials, and without secrets of the environment. */
export function dumpRequest(request: HttpRequest, body: HttpBody, pool: ReadPool): string {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  const lines = [
    `${request.method} ${url === null ? request.url : url.pathname + url.search} HTTP/1.1`,
    `Host: ${url?.host ?? ''}`,
    ...Object.entries(request.headers).map(([name, value]) => {
      return `${name}: ${request.secretHeaders.includes(name.toLowerCase()) ? MASK : value}`;
    }),
  ];
  const text = bodyText(body);
  if (text !== '') lines.push(`Content-Length: ${Buffer.byteLength(text)}`);
  return withoutSecrets(`${lines.join('\r\n')}\r\n\r\n${text.slice(0, SHOWN)}`, pool);
}

function bodyText(body: HttpBody): string {
  switch (body.kind) {
    case 'none':
      return '';
    case 'text':
      return body.text;
    case 'bytes':
      return `<${body.bytes.byteLength} bytes>`;
    case 'form':
      return [...body.form]
        .map(
          ([name, value]) =>
            `${name}: ${typeof value === 'string' ? value : `<file ${value.name}, ${value.size} bytes>`}`,
        )
        .join('\n');
  }
}
