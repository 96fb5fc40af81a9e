/** Large documents of real services have two to four MB; as YAML, reading one of these takes 5 to 15 seconds of CPU. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;
