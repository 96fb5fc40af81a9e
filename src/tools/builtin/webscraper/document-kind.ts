/**
 * - `html`: a page;
 * - `text`: text as it is, JSON and XML included;
 * - `document`: text within a format of its own, such as PDF;
 * - `other`: no text.
 */
export type DocumentKind = 'html' | 'text' | 'document' | 'other';

const DOCUMENT =
  /^application\/(pdf|msword|rtf|epub\+zip|vnd\.(ms-(excel|powerpoint|word)|openxmlformats-officedocument|oasis\.opendocument))/;

/** What a content type stands for. A server that names none most likely has a page. */
export function documentKind(contentType: string | null): DocumentKind {
  const [first = ''] = (contentType ?? '').split(';', 1);
  const type = first.trim().toLowerCase();
  if (type === '' || type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (DOCUMENT.test(type)) return 'document';
  const text =
    /^text\/|^application\/([\w.-]+\+)?(json|xml|yaml)$|^application\/(x-yaml|x-ndjson|ndjson|javascript)$/;
  return text.test(type) ? 'text' : 'other';
}
