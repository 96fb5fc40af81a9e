import PostalMime from 'postal-mime';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { htmlText } from '../markup/html-text.ts';

/** What a mail says: its text, or that of its HTML. Addresses, subject and attachments are not of it, as in Dify. */
export async function readEml(bytes: Uint8Array): Promise<string> {
  const { text, html } = await PostalMime.parse(bytes, { maxNestingDepth: EXTRACT_LIMITS.depth });
  const plain = (text ?? '').trim();
  return plain !== '' ? plain : htmlText(html ?? '');
}
