/**
 * `${VAR}` in a configuration file. The references are hidden from the YAML parser under private-use characters of
 * the same length, because YAML gives braces a meaning (`{ api_key: ${KEY} }` would not parse), and replaced in the
 * parsed scalars: a value from the environment can therefore hold any character without becoming YAML.
 */
const [OPEN, CLOSE] = ['\uE000\uE001', '\uE002'];

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const HIDDEN = /\uE000\uE001([A-Za-z_][A-Za-z0-9_]*)\uE002/g;

/** The same text, offsets unchanged, with references that any YAML scalar may contain. */
export function hideEnvReferences(source: string): string {
  return source.replace(REFERENCE, `${OPEN}$1${CLOSE}`);
}

/** Undoes `hideEnvReferences`, for texts that are shown to people. */
export function showEnvReferences(text: string): string {
  return text.replace(HIDDEN, '$${$1}');
}

/** Replaces the hidden references of one scalar. A variable that is not set is a problem; an empty one is not. */
export function resolveEnvReferences(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly problems: readonly string[] } {
  const problems: string[] = [];
  if (text.includes('${')) problems.push(`expected $\{NAME} with letters, digits and _ between the braces`);
  const resolved = text.replace(HIDDEN, (_, name: string) => {
    const value = env[name];
    if (value === undefined) problems.push(`expected the environment variable ${name} to be set`);
    return value ?? '';
  });
  return { text: resolved, problems };
}
