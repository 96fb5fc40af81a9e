import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { now, sleep } from './clock.ts';

const TICKS_PER_SECOND = 100; // USER_HZ: what /proc reports in, on every Linux that Node runs on

/** Whether processes can be held on one core each: then the server's core is not shared with load and model. */
export const canPin = hasTaskset();

/** Holds this process, with all its threads, on one core. */
export function pinSelf(cpu: number): void {
  if (canPin)
    execFileSync('taskset', ['-a', '-c', '-p', String(cpu), String(process.pid)], { stdio: 'ignore' });
}

/** A child that serves HTTP on a free port of 127.0.0.1 and says so in one line. */
export class ServerProcess {
  readonly url: string;
  readonly startedAt: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, startedAt: number) {
    this.#child = child;
    this.url = url;
    this.startedAt = startedAt;
  }

  /** Starts `node ...args` and waits for its line `listening on http://127.0.0.1:PORT`. */
  static async start(
    args: readonly string[],
    options: { cpu: number; timeoutMs?: number },
  ): Promise<ServerProcess> {
    const command = [process.execPath, ...args];
    if (canPin) command.unshift('taskset', '-c', String(options.cpu));
    const startedAt = now();
    const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    const last: string[] = [];
    const keep = (line: string): void => {
      last.push(line);
      if (last.length > 30) last.shift();
    };
    createInterface({ input: child.stderr }).on('line', keep);
    let timer: NodeJS.Timeout | undefined;
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => {
        child.kill('SIGKILL');
        reject(new Error(`node ${args.join(' ')}: ${why}\n${last.join('\n')}`));
      };
      timer = setTimeout(fail, options.timeoutMs ?? 20_000, 'did not say where it listens');
      child.once('exit', (code) => fail(`ended with ${code} before it listened`));
      child.once('error', (error) => fail(error.message));
      createInterface({ input: child.stdout }).on('line', (line) => {
        keep(line);
        const said = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
        if (said !== undefined) resolve(said);
      });
    }).finally(() => clearTimeout(timer));
    child.removeAllListeners('exit');
    return new ServerProcess(child, url, startedAt);
  }

  /** CPU milliseconds used so far, all threads and children. */
  cpuMs(): number {
    return tree(this.#pid).reduce((sum, pid) => sum + cpuOf(pid), 0);
  }

  /** Resident memory in KiB, children included. */
  rssKb(): number {
    return tree(this.#pid).reduce((sum, pid) => sum + rssOf(pid), 0);
  }

  /** Ends the child: SIGTERM, and SIGKILL for one that has not gone after `graceMs`. */
  async stop(graceMs = 3000): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await Promise.race([gone, sleep(graceMs)]);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await gone;
    }
  }

  get #pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process has not started');
    return this.#child.pid;
  }
}

/** `pid` and every process below it. */
function tree(pid: number): number[] {
  const children = new Set<number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const listed = read(`/proc/${pid}/task/${thread}/children`);
    for (const child of listed.split(' ')) if (child !== '') children.add(Number(child));
  }
  return [pid, ...[...children].flatMap(tree)];
}

function cpuOf(pid: number): number {
  // Behind the command's name in brackets, utime is field 14 of the file, then stime and both of reaped children.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1000) / TICKS_PER_SECOND;
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone since it was listed
  }
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-c', '0,1', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
