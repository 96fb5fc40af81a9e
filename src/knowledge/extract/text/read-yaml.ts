import { parseAllDocuments, stringify } from 'yaml';
import { pyyamlTags } from '../../../config/pyyaml-tags.ts';
import { BoundedText } from '../bounded-text.ts';
import { unreadable } from '../extraction-error.ts';

const READ = { customTags: pyyamlTags, merge: true, logLevel: 'silent', uniqueKeys: false } as const;
/** As PyYAML writes. */
const WRITE = { customTags: pyyamlTags, indentSeq: false, lineWidth: 80, singleQuote: true } as const;

/**
 * All documents of a file of YAML, read and written anew: what aliases and merges say stands where it is said.
 *
 * @throws ExtractionError
 */
export function readYaml(source: string): string {
  const text = new BoundedText();
  for (const document of parseAllDocuments(source, READ)) {
    const [error] = document.errors;
    if (error !== undefined) throw unreadable(error.message, { cause: error });
    // Objects in a `Map` keep their keys where they stand.
    const value: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
    if (text.length > 0) text.add('---\n');
    text.add(stringify(value, WRITE));
  }
  return text.toString();
}
