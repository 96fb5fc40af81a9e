import { parentPort, workerData } from 'node:worker_threads';
import { impoverish } from '../impoverish.ts';
import type { Report } from '../report.ts';
import type { Task } from '../task.ts';
import { PythonMachine, type PythonMachineOptions } from './python-machine.ts';

/** Entry of a thread that is one Python interpreter: it says `ready`, then answers every `Task` with a `Report`. */
if (parentPort !== null) await serve(parentPort);

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const machine = await PythonMachine.start(workerData as PythonMachineOptions);
  impoverish(globalThis);
  const say = (report: Report): void => port.postMessage(report);
  port.on('message', (task: Task) => {
    const report = machine.run(task);
    say(report);
    // After the answer, so that nobody waits for it. A spent machine is ended by who reads the report.
    if (!('spent' in report && report.spent)) machine.reset();
  });
  say({ kind: 'ready' });
}
