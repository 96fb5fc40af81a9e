import { posix } from 'node:path';
import { attribute, scanMarkup } from '../markup/scan-markup.ts';
import type { Archive } from './archive.ts';

export interface Relation {
  /** The last word of its type: `slide`, `officeDocument`. */
  readonly type: string;
  /** A path in the archive. */
  readonly target: string;
}

/** What a part of an Office file names by ids; `''` is the whole file. */
export function relationsOf(archive: Archive, part: string): ReadonlyMap<string, Relation> {
  const folder = posix.dirname(part);
  const source = archive.text(posix.join(folder, '_rels', `${posix.basename(part)}.rels`));
  const relations = new Map<string, Relation>();
  scanMarkup(source ?? '', 'xml', {
    open(name, attributes) {
      const [id, target] = [attribute(attributes, 'Id'), attribute(attributes, 'Target')];
      if (name !== 'Relationship' || id === null || target === null) return;
      const type = attribute(attributes, 'Type') ?? '';
      relations.set(id, {
        type: type.slice(type.lastIndexOf('/') + 1),
        // Beginning with a slash: from the root of the archive.
        target: posix.join(target.startsWith('/') ? '.' : folder, target).replace(/^\//, ''),
      });
    },
  });
  return relations;
}

/** The part that an Office file begins with; null: it does not say. */
export function mainPart(archive: Archive): string | null {
  const relations = [...relationsOf(archive, '').values()];
  return relations.find(({ type }) => type === 'officeDocument')?.target ?? null;
}
