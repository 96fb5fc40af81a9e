/** Java properties, one `key: value` to a line; comments and empty lines stay. */
export function readProperties(source: string): string {
  return source
    .split(/\r\n?|\n/)
    .map((line) => propertyOf(line.trim()))
    .join('\n')
    .trimEnd();
}

function propertyOf(line: string): string {
  if (line === '' || line.startsWith('#') || line.startsWith('!')) return line;
  const sign = line.includes('=') ? '=' : ':';
  const at = line.indexOf(sign);
  return at < 0 ? `${line}: ` : `${line.slice(0, at).trim()}: ${line.slice(at + 1).trim()}`;
}
