import { namedId } from './ids.ts';

/** A server is one workspace, whatever id a request names; whoever has a token speaks for its owner. */
export const workspace = {
  id: namedId('workspace', 'parley'),
  name: 'Parley',
  ownerId: namedId('user', 'owner'),
} as const;
