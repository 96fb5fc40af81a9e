import { OutboundError } from './outbound-error.ts';

/**
 * The URL of a request or of a redirect (relative to `base`), without its fragment.
 *
 * @throws OutboundError for what is no URL, is not http or https, or holds credentials. They are refused because they
 *   end up in logs, and because "https://good.example@evil.example" misleads. The text repeats no part of the URL
 *   that may be secret.
 */
export function parseTarget(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new OutboundError('refused', 'The address is not a valid URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundError('refused', `Only http and https are allowed, not ${url.protocol.slice(0, -1)}.`);
  }
  if (url.username !== '' || url.password !== '') {
    const text = `The address of ${url.host} holds credentials; send them in a header instead.`;
    throw new OutboundError('refused', text);
  }
  url.hash = '';
  return url;
}
