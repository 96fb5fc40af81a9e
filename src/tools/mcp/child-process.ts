import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { McpServerConfig } from '../../config/config.ts';

export type McpCommand = Extract<McpServerConfig, { readonly kind: 'stdio' }>;

export interface ServerProcess {
  readonly stdin: NonNullable<ChildProcess['stdin']>;
  readonly stdout: NonNullable<ChildProcess['stdout']>;
  readonly stderr: NonNullable<ChildProcess['stderr']>;
  /** Settles when it has ended and what it had said is read; tells how it ended. */
  readonly ended: Promise<string>;
  /** Ends it, and what it has started: by the end of its input, then SIGTERM, then SIGKILL, each after `exitMs`. */
  end(exitMs: number): Promise<void>;
}

/** Whatever holds the pipes of a process that has ended is not waited for longer than this. */
const LAST_WORDS_MS = 200;

/**
 * Starts a command with exactly this environment. It does not keep our process alive.
 *
 * When our process is killed (SIGKILL, out of memory), nobody ends the command: its input ends, at which servers by the
 * SDK exit, but one that does not look, or holds its input open for a process of its own, is left. Node cannot ask the
 * kernel to end it; on Linux an owner can, by the command `setpriv --pdeathsig KILL -- COMMAND`, and a container or
 * systemd ends all of its processes anyway.
 *
 * @throws the error of `spawn`, e.g. with the code ENOENT
 */
export async function startProcess(
  { command, args }: McpCommand,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const grouped = process.platform !== 'win32';
  // A group of its own: launchers such as npx leave the real server behind when only they are ended.
  const child = spawn(command, args, { env, stdio: 'pipe', windowsHide: true, detached: grouped });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', reject);
  });
  const { stdin, stdout, stderr } = child;
  for (const pipe of [stdin, stdout, stderr]) {
    pipe.on('error', () => {});
    if (pipe instanceof Socket) pipe.unref();
  }
  child.unref();

  function kill(signal: NodeJS.Signals): void {
    try {
      if (grouped && child.pid !== undefined) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // There is nobody left.
    }
  }

  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = exited.then(async (how) => {
    // The leader is gone. What it has left behind could hold the pipes for ever.
    if (grouped) kill('SIGKILL');
    await settledWithin(closed, LAST_WORDS_MS);
    for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
    return how;
  });

  return {
    stdin,
    stdout,
    stderr,
    ended,
    async end(exitMs) {
      child.ref();
      stdin.end();
      if (!(await settledWithin(ended, exitMs))) {
        kill('SIGTERM');
        if (!(await settledWithin(ended, exitMs))) kill('SIGKILL');
      }
      await ended;
    },
  };
}

async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, ms, false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
