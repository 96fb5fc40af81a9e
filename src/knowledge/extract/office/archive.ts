import { type UnzipFileInfo, unzipSync } from 'fflate';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { unreadable } from '../extraction-error.ts';
import { decodeBytes } from '../text/decode-bytes.ts';

/** A zip file that is unpacked part by part, and not beyond what a document may take. */
export class Archive {
  readonly #bytes: Uint8Array;
  #unpacked = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The parts whose path is `wanted`. @throws ExtractionError, Error for what is no archive */
  read(wanted: (path: string) => boolean): Record<string, Uint8Array> {
    let entries = 0;
    return unzipSync(this.#bytes, {
      // fflate unpacks no more than the size that it tells here, whatever follows.
      filter: ({ name, originalSize }: UnzipFileInfo) => {
        entries++;
        if (entries > EXTRACT_LIMITS.archiveEntries) throw unreadable('the archive has too many entries');
        if (!wanted(name)) return false;
        this.#unpacked += originalSize;
        if (this.#unpacked > EXTRACT_LIMITS.unpackedBytes) {
          const megabytes = EXTRACT_LIMITS.unpackedBytes / 1024 ** 2;
          throw unreadable(`it unpacks to more than ${megabytes} MB`);
        }
        return true;
      },
    });
  }

  /** One part as text; null: it is not there. */
  text(path: string): string | null {
    const bytes = this.read((name) => name === path)[path];
    return bytes === undefined ? null : decodeBytes(bytes);
  }

  /** @throws ExtractionError when it is not there */
  need(path: string): string {
    const text = this.text(path);
    if (text === null) throw unreadable(`it has no ${path}`);
    return text;
  }
}
