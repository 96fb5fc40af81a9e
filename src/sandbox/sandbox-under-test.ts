import { createSandbox } from './create-sandbox.ts';
import { DEFAULT_SANDBOX_SETTINGS } from './default-sandbox-settings.ts';
import type { Sandbox, SandboxRequest, SandboxResult } from './sandbox.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxSettings } from './sandbox-settings.ts';

/** Long enough for the first Python call on a machine that has other things to do. */
export const FIRST_CALL_MS = 90_000;

type Ask = Partial<SandboxRequest> & { readonly signal?: AbortSignal };

/** A sandbox for tests, with short ways to call it. Used by tests only. */
export interface SandboxUnderTest extends Sandbox {
  python(code: string, ask?: Ask): Promise<SandboxResult>;
  javascript(code: string, ask?: Ask): Promise<SandboxResult>;
  /** @throws unless the code fails with a SandboxError */
  failure(language: SandboxRequest['language'], code: string, ask?: Ask): Promise<SandboxError>;
}

export function sandboxUnderTest(settings: Partial<SandboxSettings> = {}): SandboxUnderTest {
  const sandbox = createSandbox({ ...DEFAULT_SANDBOX_SETTINGS, ...settings });
  const ask = (language: SandboxRequest['language'], code: string, { signal, ...given }: Ask = {}) =>
    sandbox.run(
      { language, code, call: 'main', inputs: {}, tenant: 'app', ...given },
      { signal: signal ?? new AbortController().signal },
    );
  return {
    ...sandbox,
    python: (code, given) => ask('python3', code, given),
    javascript: (code, given) => ask('javascript', code, given),
    async failure(language, code, given) {
      const settled = await ask(language, code, given).then(
        (result) => `it returned ${JSON.stringify(result)}`,
        (error: unknown) => error,
      );
      if (settled instanceof SandboxError) return settled;
      throw new Error(`No SandboxError: ${settled}`, { cause: settled });
    },
  };
}
