const SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/**
 * Whether this is a compound file of Microsoft's ([MS-CFB] 2.2), as older Office files and mails of Outlook are. SheetJS
 * takes those with another version for zip files, which it unpacks without a limit.
 */
export function isCompoundFile(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, at) => bytes[at] === byte) && (bytes[26] === 3 || bytes[26] === 4);
}
