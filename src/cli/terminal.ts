import { createInterface } from 'node:readline';
import { styleText } from 'node:util';

/** A person at a terminal, or a pipe in their place: then nothing is prompted and nothing is coloured. */
export interface Terminal {
  /** The next line of input; null when there is no more. */
  ask(prompt: string): Promise<string | null>;
  write(text: string): void;
  /** A line that is not part of the answer. */
  note(text: string): void;
  close(): void;
}

/** `onInterrupt` is called for each Ctrl-C. */
export function openTerminal(onInterrupt: () => void): Terminal {
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    ...(interactive ? { output: process.stdout, terminal: true } : { terminal: false }),
  });
  const iterator = lines[Symbol.asyncIterator]();
  let asking = false;
  let closed = false;
  lines.on('close', () => {
    closed = true;
  });
  // A terminal in readline's hands gives no signal of its own.
  lines.on('SIGINT', () => {
    onInterrupt();
    if (asking && !closed) lines.prompt(true);
  });
  process.on('SIGINT', onInterrupt);
  const write = (text: string) => void process.stdout.write(text);
  return {
    async ask(prompt) {
      if (interactive) {
        lines.setPrompt(prompt);
        lines.prompt();
      }
      asking = true;
      const { value, done } = await iterator.next();
      asking = false;
      return done ? null : value;
    },
    write,
    note: (text) => write(`${styleText('dim', text, { stream: process.stdout })}\n`),
    close() {
      process.off('SIGINT', onInterrupt);
      lines.close();
    },
  };
}
