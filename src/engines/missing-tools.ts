import type { App } from '../apps/app.ts';
import { toolRefsOf } from '../apps/tool-refs.ts';
import type { Tools } from '../tools/tools.ts';

/** A tool that an app names and the server lacks. */
export interface MissingTool {
  readonly app: string;
  readonly line: number;
  readonly problem: string;
  /** The owner lets the app run without. */
  readonly ignored: boolean;
}

/** Which tools of an app are missing, after asking providers that have not been asked yet. Never rejects. */
export async function missingTools(
  tools: Tools,
  { id, config, settings }: App,
  options: { readonly signal: AbortSignal },
): Promise<readonly MissingTool[]> {
  const missing = await Promise.all(
    toolRefsOf(config).map(async (ref) => {
      const error = await tools.find(ref, options).then(
        () => null,
        (error: unknown) => error as Error,
      );
      if (error === null) return null;
      const ignored = settings.missingTools === 'ignore';
      return { app: id, line: ref.line, problem: error.message.replace(/\.$/, ''), ignored };
    }),
  );
  return missing.filter((one) => one !== null);
}

/** Tools of an app that are there, and can do nothing until their owner has set something. */
export function lackingTools(
  tools: Tools,
  { id, config }: App,
): readonly Pick<MissingTool, 'app' | 'line' | 'problem'>[] {
  return toolRefsOf(config).flatMap((ref) => {
    const lack = tools.lackOf(ref);
    if (lack === null) return [];
    return [{ app: id, line: ref.line, problem: `the tool ${ref.tool} cannot work: ${lack}` }];
  });
}
