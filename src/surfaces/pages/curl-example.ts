import type { OpenApiOperation } from '../openapi-document.ts';

/** A command that calls a route, ready to paste once its placeholders are filled in. */
export function curlExample(url: string, method: string, path: string, operation: OpenApiOperation): string {
  const { parameters, requestBody, responses } = operation;
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && (parameter.required || parameter.name === 'user'))
    .map(
      ({ name, schema }) =>
        `${name}=${encodeURIComponent(String(schema.examples?.[0] ?? name.toUpperCase()))}`,
    );
  const address = `${url}${path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())}`;
  const json = requestBody?.content['application/json'];
  const form = requestBody?.content['multipart/form-data'];
  const streams = Object.values(responses).some(({ content }) => content?.['text/event-stream']);
  const bytes = Object.values(responses).some(
    ({ content }) => content && Object.values(content).some((c) => !c.schema),
  );
  const flags = [
    streams ? '-N' : '',
    method === 'GET' || (method === 'POST' && requestBody) ? '' : `-X ${method}`,
  ];
  const lines = [
    ['curl', ...flags, quoted(`${address}${query.length > 0 ? `?${query.join('&')}` : ''}`)]
      .filter(Boolean)
      .join(' '),
    "-H 'Authorization: Bearer YOUR-KEY'",
    ...(json
      ? ["-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(json.example ?? {}))}`]
      : []),
    ...(form && !json ? Object.keys(form.schema?.properties ?? {}).map(formField) : []),
    ...(bytes ? ['-o answer'] : []),
  ];
  return lines.join(' \\\n  ');
}

function formField(name: string): string {
  return name === 'file' ? '-F file=@PATH-OF-YOUR-FILE' : `-F ${name}=abc-123`;
}

function quoted(url: string): string {
  return /[?&]/.test(url) ? `'${url}'` : url;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
