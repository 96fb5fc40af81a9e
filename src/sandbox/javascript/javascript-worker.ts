import { parentPort, workerData } from 'node:worker_threads';
import { impoverish } from '../impoverish.ts';
import type { Report } from '../report.ts';
import type { Task } from '../task.ts';
import { JavaScriptMachine, type JavaScriptMachineOptions } from './javascript-machine.ts';
import { showUtc } from './show-utc.ts';

/** Entry of a thread that runs JavaScript: it says `ready`, then answers every `Task` with a `Report`. */
if (parentPort !== null) await serve(parentPort);

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const machine = new JavaScriptMachine(workerData as JavaScriptMachineOptions);
  await machine.ready();
  impoverish(globalThis);
  showUtc(Date.prototype);
  const say = (report: Report): void => port.postMessage(report);
  port.on('message', async (task: Task) => {
    say(await machine.run(task));
    // After the answer, so that nobody waits for it.
    await machine.reset();
  });
  say({ kind: 'ready' });
}
