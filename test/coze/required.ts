/** Fields that cozepy demands of a model, with what it takes for them (`facts/coze-wire.md` §20). */
export type Required = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'array'>>;

/** What is missing or of another type; none when cozepy would read the model. */
export function lacking(required: Required, model: unknown): string[] {
  const fields = model as Readonly<Record<string, unknown>>;
  return Object.entries(required)
    .filter(([name, type]) => {
      const value = fields[name];
      return type === 'array' ? !Array.isArray(value) : typeof value !== type;
    })
    .map(([name, type]) => `${name}: ${type}`);
}
