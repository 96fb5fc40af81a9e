import { onTestFinished } from 'vitest';
import type { OutboundRule } from '../../config/outbound-rule.ts';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { createSandbox } from '../../sandbox/create-sandbox.ts';
import { DEFAULT_SANDBOX_SETTINGS } from '../../sandbox/default-sandbox-settings.ts';
import { invokeTool } from '../invoke-tool.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { toolContext } from '../tool-context.fixture.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import type { BuiltinSettings } from './builtin-parts.ts';
import { builtinProviders } from './builtin-providers.ts';

/** Nothing but public addresses may be reached, as where the owner has made no exceptions. */
export const NOWHERE: readonly OutboundRule[] = [];

type Args = Readonly<Record<string, unknown>>;

/** The built-in tools with real requests, threads and sandboxes, gone when the test is over. */
export interface BuiltinsUnderTest {
  tool(provider: string, name: string): Tool;
  /** Through `invokeTool`, as engines do. */
  call(
    provider: string,
    name: string,
    args: Args,
    context?: Partial<ToolContext>,
  ): Promise<readonly ToolPart[]>;
  /** The text of an answer that is one text. */
  text(provider: string, name: string, args: Args, context?: Partial<ToolContext>): Promise<string>;
  /** @throws unless it fails with a ToolError */
  failure(provider: string, name: string, args: Args, context?: Partial<ToolContext>): Promise<ToolError>;
}

export function builtinsUnderTest(...settings: readonly Partial<BuiltinSettings>[]): BuiltinsUnderTest {
  const outbound = createOutbound();
  const sandbox = createSandbox(DEFAULT_SANDBOX_SETTINGS);
  const given = settings.map((one) => ({ name: '', apiKey: null, baseUrl: null, timeoutMs: null, ...one }));
  const providers = builtinProviders({ outbound, sandbox }, given);
  onTestFinished(async () => {
    await Promise.all(providers.map((provider) => provider.close()));
    await Promise.all([outbound.close(), sandbox.close()]);
  });
  const tool = (provider: string, name: string): Tool => {
    const found = providers.find((one) => one.name === provider)?.known();
    const one = found?.find((known) => known.name === name);
    if (one === undefined) throw new Error(`There is no ${provider}/${name}.`);
    return one;
  };
  const call: BuiltinsUnderTest['call'] = (provider, name, args, context) =>
    invokeTool(tool(provider, name), args, toolContext(context));
  return {
    tool,
    call,
    async text(...what) {
      const [part, ...others] = await call(...what);
      if (part?.kind === 'text' && others.length === 0) return part.text;
      throw new Error(`No single text: ${JSON.stringify([part, ...others])}`);
    },
    async failure(...what) {
      const settled = await call(...what).catch((error: unknown) => error);
      if (settled instanceof ToolError) return settled;
      throw new Error(`No ToolError: ${JSON.stringify(settled)}`, { cause: settled });
    },
  };
}
