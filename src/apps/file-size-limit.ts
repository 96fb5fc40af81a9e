import type { Limits } from '../config/config.ts';
import { fileTypeOf } from './file-type.ts';

/** Bytes that an upload with this extension may have; the extension alone decides (`facts/dify-wire.md` §7.4). */
export function fileSizeLimit(
  extension: string,
  limits: Pick<Limits, 'fileBytes' | 'imageBytes' | 'audioBytes' | 'videoBytes'>,
): number {
  switch (fileTypeOf({ extension })) {
    case 'image':
      return limits.imageBytes;
    case 'audio':
      return limits.audioBytes;
    case 'video':
      return limits.videoBytes;
    case 'document':
    case 'custom':
      return limits.fileBytes;
  }
}
