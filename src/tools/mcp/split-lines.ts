/**
 * Takes pieces of a stream and gives each of its lines to `onLine`, without the line's end. What has no end yet is
 * kept, up to `maxBytes`.
 *
 * @throws RangeError for a line that is longer
 */
export function splitLines(maxBytes: number, onLine: (line: string) => void): (piece: Buffer) => void {
  // Joined once a line is whole: joining at each piece would copy a long line over and over.
  let pieces: Buffer[] = [];
  let bytes = 0;
  return (piece) => {
    let rest = piece;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      const line = Buffer.concat([...pieces, rest.subarray(0, end)]);
      pieces = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      onLine(line.toString());
    }
    bytes += rest.length;
    if (bytes > maxBytes) throw new RangeError(`a line of more than ${maxBytes} bytes`);
    if (rest.length > 0) pieces.push(rest);
  };
}

const LINE_FEED = 0x0a;
