import type { FastifyReply } from 'fastify';
import type { Run } from '../runs/run.ts';
import type { RunEvent } from '../runs/run-event.ts';

/** Bytes handed to a socket at once; a reader that lags behind reads the rest from the run's log. */
const MAX_WRITE = 256 * 1024;
/** Headers leave with the first event, or alone after this long: fast answers save a packet. */
const HEADERS_MS = 5;
/** A reader that takes nothing for this long is dropped. */
const STALL_MS = 120_000;
/** The same for a server that is shutting down. */
const FAREWELL_MS = 2_000;

/** How a protocol writes a stream. */
export interface StreamFormat {
  /** Frames of one event, with their blank line; empty for an event that the protocol does not show. */
  encode(event: RunEvent, seq: number): string;
  /** Sent at once, before any event; empty: nothing. */
  readonly opening?: string;
  /** Keeps proxies awake. */
  readonly ping: string;
  readonly pingMs: number;
}

/**
 * Sends a run's events, from the one after `after`, as server-sent events until the run ends. Takes over the reply.
 * A reader holds only its position in the log: a slow one costs no memory, and a lost one does not stop the run
 * unless the app says so.
 */
export function streamRun(reply: FastifyReply, run: Run, format: StreamFormat, { after = 0 } = {}): void {
  const { raw } = reply;
  const http = reply.server.server;
  const detach = run.attach();
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  const headers = format.opening ? undefined : setTimeout(() => raw.flushHeaders(), HEADERS_MS);
  if (format.opening) raw.write(format.opening);

  let seq = after;
  let blocked = false;
  let stall: NodeJS.Timeout | undefined;
  const waitForReader = (): void => {
    clearTimeout(stall);
    stall = setTimeout(() => raw.destroy(), run.log.ended && !http.listening ? FAREWELL_MS : STALL_MS);
  };
  const pump = (): void => {
    if (blocked) {
      if (run.log.ended) waitForReader();
      return;
    }
    let frames = '';
    let ended = false;
    while (frames.length < MAX_WRITE) {
      const event = run.log.at(seq + 1);
      if (!event) break;
      seq++;
      frames += format.encode(event, seq);
      ended = event.kind === 'ended';
    }
    if (ended) {
      clearTimeout(headers);
      clearInterval(pinging);
      unsubscribe();
      waitForReader();
      // A server that shuts down keeps no connection for a next request.
      const { socket } = raw;
      if (!http.listening) raw.once('finish', () => socket?.destroySoon());
      raw.end(frames);
      return;
    }
    if (frames === '' || raw.write(frames)) return;
    blocked = true;
    waitForReader();
    raw.once('drain', () => {
      clearTimeout(stall);
      blocked = false;
      guarded();
    });
  };
  // What cannot be written ends this reader, and no other.
  const guarded = (): void => {
    try {
      pump();
    } catch {
      raw.destroy();
    }
  };
  const unsubscribe = run.log.subscribe(guarded);
  const pinging = setInterval(() => {
    if (!blocked) raw.write(format.ping);
  }, format.pingMs);
  const release = (): void => {
    clearTimeout(headers);
    clearInterval(pinging);
    clearTimeout(stall);
    unsubscribe();
    detach();
  };
  // A client that broke the connection is no error of ours; `close` follows.
  raw.on('error', () => {});
  // One that left while its turn was accepted has had its `close`.
  if (raw.closed || raw.destroyed) {
    release();
    return;
  }
  raw.once('close', release);
  guarded();
}
