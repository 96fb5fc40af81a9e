/** Completion parameters that go to the provider by their own names: those with a value that are not `reserved`. */
export function passedParams(
  params: Readonly<Record<string, unknown>>,
  reserved: ReadonlySet<string>,
): Record<string, unknown> {
  const passed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '' || reserved.has(name)) continue;
    passed[name] = value;
  }
  return passed;
}
