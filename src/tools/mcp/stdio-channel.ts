import { deserializeMessage, serializeMessage, type Transport } from '@modelcontextprotocol/client';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import { ToolError } from '../tool-error.ts';
import type { Channel } from './channel.ts';
import { type McpCommand, type ServerProcess, startProcess } from './child-process.ts';
import type { McpLimits } from './mcp-limits.ts';
import { messageMeter } from './message-meter.ts';
import type { ServerWords } from './server-words.ts';
import { splitLines } from './split-lines.ts';

const STDERR_LENGTH = 4_000;

/**
 * A command that speaks MCP over its standard streams, one message a line. Not by the SDK's own transport: that one
 * keeps our process alive, takes up to four seconds to end a server, and does not end what a launcher has started.
 */
export function stdioChannel(command: McpCommand, limits: McpLimits, words: ServerWords): Channel {
  let server: ServerProcess | null = null;
  let closed = false;
  let ending: Promise<void> | null = null;
  let heard = false;
  let stderr = '';
  let failure: ToolError | null = null;

  /** Only of one that has said nothing yet: that it could not start. */
  function complaint(): string {
    return heard ? '' : lastWords(words(stderr, STDERR_LENGTH));
  }

  function fail(text: string, cause?: unknown): ToolError {
    const said = complaint();
    failure ??= new ToolError('failed', said === '' ? text : `${text}: ${said}`, { cause });
    return failure;
  }

  function onClosed(): void {
    if (closed) return;
    closed = true;
    transport.onclose?.();
  }

  /** Lines that are no messages are passed over: many servers print there what they should not. */
  function onLine(line: string): void {
    let message: ReturnType<typeof deserializeMessage>;
    try {
      message = deserializeMessage(line);
    } catch {
      return;
    }
    heard = true;
    transport.onmessage?.(message);
  }

  async function end(): Promise<void> {
    await server?.end(limits.exitMs);
    onClosed();
  }

  const transport: Transport = {
    async start() {
      try {
        server = await startProcess(command, { ...getDefaultEnvironment(), ...command.env });
      } catch (error) {
        const code = String((error as { code?: unknown }).code ?? 'unknown error');
        throw fail(`the command of the MCP server cannot be started (${code})`, error);
      }
      const meter = messageMeter(limits, 'line');
      const read = splitLines(limits.maxMessageBytes, onLine);
      server.stdout.on('data', (piece: Buffer) => {
        try {
          meter.count(piece);
          read(piece);
        } catch (error) {
          fail(error instanceof ToolError ? error.message : 'the MCP server sent what cannot be read', error);
          server?.stdout.removeAllListeners('data').resume();
          void transport.close();
          onClosed();
        }
      });
      server.stderr.setEncoding('utf8').on('data', (piece: string) => {
        if (!heard) stderr = lastLines(stderr + piece);
      });
      void server.ended.then((how) => {
        if (ending === null) fail(`the command of the MCP server ended (${how})`);
        onClosed();
      });
    },
    send(message) {
      return new Promise((resolve, reject) => {
        if (server === null) return reject(new Error('not started'));
        server.stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      });
    },
    close() {
      ending ??= end();
      return ending;
    },
  };

  return {
    transport,
    takeFailure: () => failure,
    complaint,
    isLost: () => closed || ending !== null,
    leave: async () => {},
  };
}

/** As many whole lines from the end as are kept: the rest of one could be the rest of a secret. */
function lastLines(text: string): string {
  if (text.length <= STDERR_LENGTH) return text;
  const start = text.indexOf('\n', text.length - STDERR_LENGTH);
  return start < 0 ? '' : text.slice(start + 1);
}

/** The end of what a process complained of, without the lines of a stack. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^\s+at\s/.test(line));
  return lines.join('\n').slice(-500);
}
