import { invalidParam, type ParleyError } from '../errors.ts';
import type { ContentPart } from './chat-model.ts';

const nouns = { image: 'images', audio: 'audio', video: 'videos', document: 'documents' } as const;

/**
 * The refusal of a file that is named by its URL where the provider takes content only. Nothing is fetched for a model:
 * an address that an end user names could lie inside the owner's network.
 */
export function contentByUrl(part: Exclude<ContentPart, { readonly kind: 'text' }>): ParleyError {
  const name = part.filename || 'The file';
  return invalidParam(
    `${name}: this model takes ${nouns[part.kind]} by content; upload the file instead of naming its URL`,
  );
}
