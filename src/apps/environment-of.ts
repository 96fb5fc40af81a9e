import type { App, EnvironmentVariable } from './app.ts';

export interface SetVariable {
  readonly name: string;
  readonly type: EnvironmentVariable['type'];
  readonly value: string | number;
}

/**
 * The environment variables that a workflow runs with: what its owner set (`AppSettings.env`) goes over the file. One
 * that has no value anywhere is empty, a number 0; the owner was told at load.
 */
export function environmentOf({
  config,
  settings,
}: Pick<App, 'config' | 'settings'>): readonly SetVariable[] {
  return (config.workflow?.environment ?? []).map(({ name, type, value }) => {
    const set = Object.hasOwn(settings.env, name) ? settings.env[name] : undefined;
    if (type !== 'number') return { name, type, value: String(set ?? value ?? '') };
    return { name, type, value: numberOf(set) ?? numberOf(value) ?? 0 };
  });
}

/** Undefined for what is no number. */
export function numberOf(value: string | number | null | undefined): number | undefined {
  if (typeof value !== 'string') return value ?? undefined;
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) ? number : undefined;
}
