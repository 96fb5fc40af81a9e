import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * An address in one of the forms that a resolver or a URL has; undefined for any other text. The zone of an IPv6 address
 * is left out, and one that is written with an IPv4 address at its end is rewritten first: ipaddr.js takes "::127.0.0.1"
 * for "::ffff:127.0.0.1", and also reads what is no address here, such as "127.1".
 */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  switch (isIP(text)) {
    case 4:
      return ipaddr.IPv4.parse(text);
    case 6: {
      const [address] = text.split('%');
      return ipaddr.IPv6.parse(new URL(`http://[${address}]`).hostname.slice(1, -1));
    }
    default:
      return undefined;
  }
}
