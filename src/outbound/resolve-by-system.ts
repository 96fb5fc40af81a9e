import { lookup } from 'node:dns/promises';

/** Every address of a name. Tests bring their own. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** As all programs of this machine do it, `/etc/hosts` included. */
export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};
