import { parentPort } from 'node:worker_threads';
import { DslError, type DslProblem } from '../../apps/dsl/dsl-error.ts';
import { readApp } from '../../apps/dsl/read-app.ts';
import { readWorkflow } from '../workflow/read-workflow.ts';
import type { AppReport, AppTask } from './app-task.ts';

/** Entry of a thread that reads DSL files: it says `ready`, then answers every `AppTask` with an `AppReport`. */
const port = parentPort;
if (port !== null) {
  port.on('message', (task: AppTask) => port.postMessage(report(task)));
  port.postMessage({ kind: 'ready' } satisfies AppReport);
}

function report({ source, options }: AppTask): AppReport {
  const warnings: DslProblem[] = [];
  try {
    const onWarning = (warning: DslProblem) => warnings.push(warning);
    return { kind: 'app', app: readApp(source, { ...options, readWorkflow, onWarning }), warnings };
  } catch (error) {
    if (!(error instanceof DslError)) return { kind: 'failed', message: (error as Error).message };
    const { kind, problems } = error;
    return { kind: 'refused', error: { kind, problems } };
  }
}
