import { ExtractionError } from './extraction-error.ts';

/** Which reader a document has. */
export type DocumentKind =
  | 'text'
  | 'json'
  | 'yaml'
  | 'csv'
  | 'vtt'
  | 'properties'
  | 'pdf'
  | 'docx'
  | 'pptx'
  | 'odt'
  | 'epub'
  | 'spreadsheet'
  | 'eml'
  | 'msg';

const EXTENSIONS: Readonly<Record<DocumentKind, string>> = {
  text:
    'txt text markdown md mdx rst adoc tex bib html htm xhtml xml xsl xsd svg log srt diff patch tsv ' +
    'c h cc cpp cxx c++ hh hpp hxx cs m mm java kt kts scala groovy gradle go rs swift dart zig py pyi rb php pl pm ' +
    'lua r jl hs erl ex exs clj cljs lisp el ml mli fs fsx vb pas asm s js jsx mjs cjs ts tsx mts cts vue svelte ' +
    'css scss sass less sql graphql gql proto thrift sh bash zsh fish ps1 bat cmd awk sed vim dockerfile makefile ' +
    'cmake tf hcl nix ini cfg conf config env toml editorconfig gitignore gitattributes dockerignore npmrc lock',
  json: 'json',
  yaml: 'yaml yml',
  csv: 'csv',
  vtt: 'vtt',
  properties: 'properties',
  pdf: 'pdf',
  docx: 'docx',
  pptx: 'pptx',
  odt: 'odt',
  epub: 'epub',
  spreadsheet: 'xls xlsx',
  eml: 'eml',
  msg: 'msg',
};

const MIME_TYPES: Readonly<Record<Exclude<DocumentKind, 'text'>, string>> = {
  json: 'application/json text/json',
  yaml: 'application/yaml application/x-yaml text/yaml text/x-yaml',
  csv: 'text/csv application/csv',
  vtt: 'text/vtt',
  properties: 'text/properties text/x-java-properties application/x-java-properties',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  epub: 'application/epub+zip',
  spreadsheet: 'application/vnd.ms-excel application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  eml: 'message/rfc822',
  msg: 'application/vnd.ms-outlook',
};

const BY_EXTENSION = byWord(EXTENSIONS);
const BY_MIME_TYPE = byWord(MIME_TYPES);
/** What has a type of its own and is text all the same. */
const TEXT_MIME_TYPE =
  /^(?:text\/.*|application\/(?:xml|xhtml\+xml|javascript|x-javascript|typescript|sql|toml|x-sh))$/;

export interface DocumentType {
  /** With or without its dot, in any case; null, empty: it has none. */
  readonly extension: string | null;
  readonly mimeType: string | null;
}

/**
 * The reader of a document: by its extension where it has one, else by its MIME type (`facts/dify-dsl-engine.md` §4.18).
 *
 * @throws ExtractionError `UnsupportedFileTypeError`
 */
export function documentKindOf({ extension, mimeType }: DocumentType): DocumentKind {
  const bare = (extension ?? '').trim().toLowerCase().replace(/^\./, '');
  if (bare !== '') {
    const kind = BY_EXTENSION.get(bare);
    if (kind !== undefined) return kind;
    throw unsupported(`Unsupported Extension Type: .${bare}`);
  }
  const [type = ''] = (mimeType ?? '').toLowerCase().split(';');
  const mime = type.trim();
  if (mime === '') {
    throw unsupported('Unable to determine file type: MIME type or file extension is missing');
  }
  const kind = BY_MIME_TYPE.get(mime);
  if (kind !== undefined) return kind;
  if (TEXT_MIME_TYPE.test(mime)) return 'text';
  throw unsupported(`Unsupported MIME type: ${mime}`);
}

function byWord<Kind extends string>(words: Readonly<Record<Kind, string>>): ReadonlyMap<string, Kind> {
  const kinds = Object.entries(words) as [Kind, string][];
  return new Map(kinds.flatMap(([kind, list]) => list.split(' ').map((word) => [word, kind] as const)));
}

function unsupported(message: string): ExtractionError {
  return new ExtractionError('UnsupportedFileTypeError', message);
}
