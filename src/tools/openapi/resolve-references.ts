const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A text with `${NAME}` replaced by what `variable` says; names of those that are not set go into `unset`. */
export function resolveReferences(
  text: string,
  variable: (name: string) => string | undefined,
  unset: Set<string>,
): string {
  return text.replace(REFERENCE, (_, name: string) => {
    const value = variable(name)?.trim();
    if (value) return value;
    unset.add(name);
    return '';
  });
}

/** Whether a text has a `${` that begins no reference. */
export function hasBrokenReference(text: string): boolean {
  return text.replace(REFERENCE, '').includes('${');
}
