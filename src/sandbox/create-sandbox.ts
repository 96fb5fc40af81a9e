import { Interpreter } from './interpreter.ts';
import { InterpreterPool } from './interpreter-pool.ts';
import { memoryExceeded } from './memory-exceeded.ts';
import { parseValue } from './parse-value.ts';
import { PythonKit } from './python/python-kit.ts';
import type { Report } from './report.ts';
import type { Sandbox, SandboxRequest } from './sandbox.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxSettings } from './sandbox-settings.ts';
import type { Task } from './task.ts';

/** Nothing is loaded and no thread started before the first call of a language. */
export function createSandbox(settings: SandboxSettings): Sandbox {
  const { maxWorkers: max, idleMs, outputBytes } = settings;
  const kit = new PythonKit(settings);
  const pools = {
    javascript: new InterpreterPool({ max, idleMs, start: async () => startJavaScript(settings) }),
    python3: new InterpreterPool({ max, idleMs, start: (packages) => kit.start(packages) }),
  };
  const closed = new SandboxError('error', 'The sandbox is closed.');
  let open = true;
  return {
    async run(request, { signal }) {
      signal.throwIfAborted();
      if (!open) throw closed;
      const { tenant, language } = request;
      const { timeoutMs, memoryBytes } = settings[language === 'python3' ? 'python' : 'javascript'];
      const task = taskOf(request);
      let packages = language === 'python3' ? kit.packagesOf(tenant) : [];
      for (;;) {
        let began = false;
        const running = pools[language].use({ tenant, packages }, signal, (interpreter) => {
          began = true;
          return interpreter.run(task, { timeoutMs, signal });
        });
        const report = await running.catch((error: unknown) => {
          if (!began) kit.forgetPackages(tenant);
          throw error;
        });
        switch (report.kind) {
          case 'value':
            return { value: parseValue(report.json), output: report.output };
          case 'failure':
            throw failureOf(report, { memoryBytes, outputBytes });
          case 'missing':
            throw await kit.missing(report);
          case 'needs':
            packages = kit.addPackages(tenant, report.packages);
            break;
          case 'ready':
            throw new SandboxError('error', 'The code broke its interpreter.');
        }
      }
    },
    async close() {
      open = false;
      await Promise.all([kit.close(), ...Object.values(pools).map((pool) => pool.close(closed))]);
    },
  };
}

function startJavaScript(settings: SandboxSettings): Interpreter {
  const { outputBytes } = settings;
  const { memoryBytes } = settings.javascript;
  return new Interpreter({
    entry: new URL('./javascript/javascript-worker.ts', import.meta.url),
    data: { memoryBytes, outputBytes },
    outputBytes,
    memoryBytes,
    heapMb: 64,
    stackMb: 16,
  });
}

function taskOf({ code, call, inputs }: SandboxRequest): Task {
  return { code, call, inputs: JSON.stringify(call === 'main' ? inputs : {}) };
}

function failureOf(
  { failure, message, output }: Extract<Report, { kind: 'failure' }>,
  limits: { readonly memoryBytes: number; readonly outputBytes: number },
): SandboxError {
  switch (failure) {
    case 'error':
      return new SandboxError('error', message, { output });
    case 'memory':
      return memoryExceeded(limits.memoryBytes, { output });
    case 'output':
      return new SandboxError('output', `The result is larger than ${limits.outputBytes} bytes.`, { output });
  }
}
