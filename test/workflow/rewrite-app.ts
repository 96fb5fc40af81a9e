import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TestParley } from '../support/parley/start-parley.ts';

/** Saves another definition of an app, and waits until the server has it: `name` must be new. */
export async function rewriteApp(
  parley: TestParley,
  app: string,
  { name, dsl }: { readonly name: string; readonly dsl: string },
): Promise<void> {
  await writeFile(join(parley.appsDir, `${app}.yml`), dsl);
  const info = async () => (await parley.request(app, 'GET', '/info')).json();
  await expect.poll(info, { interval: 10, timeout: 10_000 }).toMatchObject({ name });
}
