import { Pool } from 'undici';
import { answerText, type BenchApp, FAST, LONG, SLOW } from './apps.ts';
import { type ChatResult, chat } from './chat.ts';
import { now, quantile, sleep } from './clock.ts';
import type { Abort } from './mock-model.ts';
import type { ServerProcess } from './server-process.ts';
import type { Target } from './targets.ts';

const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const SETTLE_MS = 250; // so that what a server puts off until after its answer is counted too

export interface Round {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds from request to first token, and to the end of the stream. */
  readonly ttft: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly total: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** CPU milliseconds of the server process per chat; NaN without a process. */
  readonly cpuMs: number;
}

/** `requests` chats, `concurrency` at once. Every answer must be whole: one that is not ends the benchmark. */
export async function runRound(target: Target, requests: number, concurrency: number): Promise<Round> {
  const pool = openPool(target, concurrency);
  const results: ChatResult[] = [];
  const cpuBefore = target.process?.cpuMs() ?? Number.NaN;
  const startedAt = now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const user = userOf(next++);
      results.push(check(target, FAST, await chat(pool, target, FAST, user)));
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    await pool.destroy();
  }
  const seconds = (now() - startedAt) / 1000;
  await sleep(SETTLE_MS);
  return {
    requests,
    seconds,
    perSecond: requests / seconds,
    ttft: spread(results.map((result) => result.firstTokenAt - result.sentAt)),
    total: spread(results.map((result) => result.endedAt - result.sentAt)),
    cpuMs: ((target.process?.cpuMs() ?? Number.NaN) - cpuBefore) / requests,
  };
}

/** Milliseconds from the start of the server's process to the end of its first answer. */
export async function firstAnswer(target: Target, process: ServerProcess): Promise<number> {
  const pool = openPool(target, 1);
  try {
    return check(target, FAST, await chat(pool, target, FAST, userOf(0))).endedAt - process.startedAt;
  } finally {
    await pool.destroy();
  }
}

export interface Held {
  readonly streams: number;
  readonly rssBeforeKb: number;
  /** Highest of the samples taken while all streams were open. */
  readonly rssHeldKb: number;
  readonly kbPerStream: number;
  readonly ttftP99: number;
}

/** Opens `streams` slow answers, two hundred a second, and watches memory while all of them are open. */
export async function holdStreams(target: Target, process: ServerProcess, streams: number): Promise<Held> {
  const pool = openPool(target, streams);
  const ttft: number[] = [];
  const failures: unknown[] = [];
  let open = 0;
  const rssBeforeKb = process.rssKb();
  const held = Array.from({ length: streams }, async (_, index) => {
    await sleep(index * 5);
    const sentAt = now();
    const onToken = (count: number): void => {
      if (count !== 1) return;
      open += 1;
      ttft.push(now() - sentAt);
    };
    await chat(pool, target, SLOW, userOf(index), { onToken });
  });
  for (const stream of held) stream.catch((error: unknown) => failures.push(error));
  try {
    const deadline = now() + streams * 5 + 10_000;
    while (open < streams && now() < deadline && failures.length === 0) await sleep(50);
    if (open < streams)
      throw new Error(`${target.name} held ${open} of ${streams} streams`, { cause: failures[0] });
    let rssHeldKb = 0;
    for (let sample = 0; sample < 50; sample += 1) {
      rssHeldKb = Math.max(rssHeldKb, process.rssKb());
      await sleep(100);
    }
    if (failures.length > 0) throw new Error(`${target.name} lost held streams`, { cause: failures[0] });
    const kbPerStream = (rssHeldKb - rssBeforeKb) / streams;
    return { streams, rssBeforeKb, rssHeldKb, kbPerStream, ttftP99: quantile(ttft, 0.99) };
  } finally {
    await pool.destroy();
    await Promise.allSettled(held);
  }
}

export interface Stopped {
  /** Milliseconds from sending the stop until the model saw its client go; infinite when it never did. */
  readonly upstreamMs: number;
  /** Milliseconds from sending the stop until the stream ended with its terminal event. */
  readonly clientMs: number;
}

/** Stops one long answer after its tenth token. */
export async function stopOnce(target: Target, modelUrl: string, index: number): Promise<Stopped> {
  const pool = openPool(target, 2);
  const model = new Pool(modelUrl);
  const user = userOf(index);
  try {
    await abortsOf(model); // forget what earlier rounds left
    let stopAt = Number.NaN;
    let answered: Promise<unknown> = Promise.resolve();
    const onToken = (count: number, data: string): void => {
      if (count !== 10) return;
      const taskId = (JSON.parse(data) as { task_id: string }).task_id;
      const { headers } = target.call(LONG, user);
      const path = `/v1/chat-messages/${taskId}/stop`;
      stopAt = now();
      answered = pool
        .request({ method: 'POST', path, headers, body: JSON.stringify({ user }) })
        .then((response) => response.body.dump());
    };
    const result = await chat(pool, target, LONG, user, { onToken });
    await answered;
    if (!result.complete) throw new Error(`${target.name}: the stopped stream had no terminal event`);
    if (result.answer === answerText(LONG.tokens)) throw new Error(`${target.name}: the stop did not stop`);
    const aborts = await until(
      () => abortsOf(model),
      (list) => list.length > 0,
    );
    return {
      upstreamMs: (aborts[0]?.at ?? Number.POSITIVE_INFINITY) - stopAt,
      clientMs: result.endedAt - stopAt,
    };
  } finally {
    await Promise.all([pool.destroy(), model.destroy()]);
  }
}

async function abortsOf(model: Pool): Promise<readonly Abort[]> {
  const response = await model.request({ method: 'GET', path: '/control/aborts' });
  return (await response.body.json()) as Abort[];
}

async function until<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const deadline = now() + 2000; ; await sleep(20)) {
    const value = await read();
    if (good(value) || now() > deadline) return value;
  }
}

function check(target: Target, app: BenchApp, result: ChatResult): ChatResult {
  if (result.complete && result.answer === answerText(app.tokens)) return result;
  throw new Error(`${target.name}: an answer was not whole: ${JSON.stringify(result)}`);
}

function openPool(target: Target, connections: number): Pool {
  return new Pool(target.url, { connections, pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 });
}

function userOf(index: number): string {
  return USERS[index % USERS.length] as string;
}

function spread(values: readonly number[]): { p50: number; p95: number; p99: number } {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
