import type { FileType } from './app.ts';

/**
 * Extensions of `facts/dify-wire.md` §7.4. Documents are those of both of Dify's extraction settings: what an app may
 * receive does not depend on how knowledge is extracted.
 */
const EXTENSIONS: Readonly<Record<Exclude<FileType, 'custom'>, readonly string[]>> = {
  image: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'svg'],
  video: ['mp4', 'mov', 'mpeg', 'webm'],
  audio: ['mp3', 'm4a', 'wav', 'amr', 'mpga'],
  document: [
    ...[
      'txt',
      'markdown',
      'md',
      'mdx',
      'pdf',
      'html',
      'htm',
      'xlsx',
      'xls',
      'docx',
      'csv',
      'vtt',
      'properties',
    ],
    ...['doc', 'eml', 'msg', 'ppt', 'pptx', 'xml', 'epub'],
  ],
};

const TYPE_OF_EXTENSION: ReadonlyMap<string, FileType> = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, extensions]) =>
    extensions.map((extension) => [extension, type as FileType] as const),
  ),
);

const DOCUMENT_MIME_TYPE = /^(?:application\/pdf|text\/(?:plain|markdown|html|csv))\b/;

/**
 * What a file is: by its extension (any case, with or without the dot), else by its MIME type, else `custom`.
 *
 * @example fileTypeOf({ extension: '.PNG' }) // 'image'
 */
export function fileTypeOf({
  extension = '',
  mimeType = '',
}: {
  readonly extension?: string;
  readonly mimeType?: string;
}): FileType {
  const byExtension = TYPE_OF_EXTENSION.get(bareExtension(extension));
  if (byExtension !== undefined) return byExtension;
  const mime = mimeType.toLowerCase();
  for (const type of ['image', 'video', 'audio'] as const) {
    if (mime.startsWith(`${type}/`)) return type;
  }
  return DOCUMENT_MIME_TYPE.test(mime) ? 'document' : 'custom';
}

/** Lower case, without dot: the form of `FileUpload.allowedExtensions`. */
export function bareExtension(extension: string): string {
  return extension.trim().toLowerCase().replace(/^\./, '');
}
