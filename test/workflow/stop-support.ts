import { expect, vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { type ParleyOptions, startParley, type TestParley } from '../support/parley/start-parley.ts';
import { readStream, sendChat, type Wire } from '../support/parley/turns.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { endNode, graphApp, startNode, type TestEdge, type TestNode } from './graph-app.ts';

type Data = Readonly<Record<string, unknown>>;

/** Beside the answer that is still being made, what a model says to a prompt with this word. */
export const HALF = 'half';

/** A server with apps whose nodes wait for ever: for a model, or for the callee, which is the tool provider `service`, too. */
export interface SlowWorld {
  readonly provider: MockProvider;
  /** By path: `/wait…` sends nothing, `/half…` not all, `/fail…` says 500, `/after` is where nobody may come. */
  readonly callee: Callee;
  readonly parley: TestParley;
  readonly store: Store;
  close(): Promise<void>;
}

export async function startSlowWorld(
  apps: (calleeUrl: string) => ParleyOptions['apps'],
  config: ParleyOptions['config'] = {},
): Promise<SlowWorld> {
  const provider = await startMockProvider({ reply: gateOrHalf });
  const callee = await startCallee(({ path }) => {
    if (path.startsWith('/wait')) return { hold: 'headers' };
    if (path.startsWith('/half')) return { hold: 'body', body: 'The beginning' };
    return path.startsWith('/fail') ? { status: 500 } : {};
  });
  const document = await writeOpenApi(callee.url, { wait: { path: '/wait' }, half: { path: '/half' } });
  const parley = await startParley({
    apps: apps(callee.url),
    provider: provider.baseUrl,
    config: {
      outbound: { allow: ['127.0.0.1'] },
      tools: [{ name: 'service', openapi: document.file }],
      ...config,
    },
  });
  const store = await openTestStore(parley);
  return {
    ...{ provider, callee, parley, store },
    async close() {
      await store.destroy();
      await parley.close();
      await document.remove();
      await callee.close();
      await provider.close();
    },
  };
}

function gateOrHalf({ messages }: MockRequest): MockReply {
  return JSON.stringify(messages).includes(HALF) ? { tokens: ['He', ' said'], hold: true } : { gate: true };
}

/** `a -> b`, `a:handle -> b`, chained: `a -> b -> c`. */
export function lines(...chains: readonly string[]): TestEdge[] {
  return chains.flatMap((chain) => {
    const stops = chain.split('->').map((stop) => stop.trim().split(':') as [string, string?]);
    return stops.slice(1).map(([target], at): TestEdge => {
      const [source, handle = 'source'] = stops[at] as [string, string?];
      return [source, target, handle];
    });
  });
}

export function httpNode(url: string, more: Data = {}): TestNode {
  return {
    ...{ type: 'http-request', method: 'get', url, headers: '', params: '', body: { type: 'none' } },
    ...{ authorization: { type: 'no-auth' }, retry_config: { retry_enabled: false }, ...more },
  };
}

export function codeNode(code_language: 'python3' | 'javascript', code: string, more: Data = {}): TestNode {
  return { type: 'code', code_language, code, variables: [], outputs: { out: { type: 'number' } }, ...more };
}

export function toolNode(provider_type: string, provider: string, tool_name: string): TestNode {
  const tool = { provider_type, provider_id: provider, provider_name: provider, tool_name };
  return { type: 'tool', ...tool, tool_label: tool_name, tool_parameters: {}, tool_configurations: {} };
}

/** A workflow of `start`, these nodes, a request that nobody may make, and the end. `chains` lead from `start` to `after`. */
export function followed(
  calleeUrl: string,
  nodes: Readonly<Record<string, TestNode>>,
  ...chains: readonly string[]
): string {
  const all = { start: startNode(), ...nodes, after: httpNode(`${calleeUrl}/after`), end: endNode({}) };
  return graphApp('workflow', all, { edges: lines(...chains, 'after -> end') });
}

/** What a client reads while it does something else. */
export class Reading {
  /** Data events so far. */
  readonly events: Wire[] = [];
  readonly whole: Promise<void>;
  readonly #heard: (() => void)[] = [];

  constructor(response: Response) {
    this.whole = this.#read(response);
    this.whole.catch(() => {});
  }

  async #read(response: Response): Promise<void> {
    const reader = await readStream(response);
    for (let frame = await reader.next(); frame; frame = await reader.next()) {
      if (frame.data) this.events.push(frame.data as Wire);
      for (const wake of this.#heard.splice(0)) wake();
    }
  }

  /** The first event that `accepts` does, whether it has come or is to come. */
  async until(accepts: (event: Wire) => boolean): Promise<Wire> {
    for (let at = 0; ; at++) {
      while (at >= this.events.length)
        await Promise.race([
          new Promise<void>((resolve) => this.#heard.push(resolve)),
          this.whole.then(() => {
            throw new Error(`the stream ended first, after ${JSON.stringify(this.events)}`);
          }),
        ]);
      const event = this.events[at] as Wire;
      if (accepts(event)) return event;
    }
  }
}

export interface RunOptions {
  readonly user?: string;
  readonly inputs?: Data;
  readonly response_mode?: 'streaming' | 'blocking';
}

/** POST /workflows/run, or /chat-messages of an app whose id begins with `chat`. */
export function sendRun(
  parley: TestParley,
  app: string,
  { user = 'u1', inputs = {}, response_mode = 'streaming' }: RunOptions = {},
): Promise<Response> {
  if (app.startsWith('chat')) return sendChat(parley, { inputs, user, response_mode }, app);
  return parley.request(app, 'POST', '/workflows/run', { inputs, user, response_mode });
}

export async function readRun(parley: TestParley, app: string, options?: RunOptions): Promise<Reading> {
  return new Reading(await sendRun(parley, app, options));
}

export async function stopTask(
  parley: TestParley,
  taskId: string,
  app: string,
  user = 'u1',
): Promise<unknown> {
  const path = app.startsWith('chat') ? `/chat-messages/${taskId}/stop` : `/workflows/tasks/${taskId}/stop`;
  const response = await parley.request(app, 'POST', path, { user });
  return [response.status, await response.json()];
}

export const SUCCESS = [200, { result: 'success' }];

/** Task id of the one run of an end user that goes on, for clients that have not been told it. */
export function runningTask(store: Store, user: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const { id } = await store
        .selectFrom('runs')
        .innerJoin('end_users', 'end_users.id', 'runs.end_user_id')
        .select('runs.id')
        .where('runs.status', '=', 'running')
        .where('end_users.session_id', '=', user)
        .executeTakeFirstOrThrow();
      return id;
    },
    { timeout: 5000, interval: 2 },
  );
}

/** The events that end a run which was stopped, by the app. */
export const endsOf = (app: string) =>
  app.startsWith('chat') ? ['message_end', 'workflow_finished'] : ['workflow_finished'];

/** What everybody is told of a workflow that was stopped: its stream, its run, and the app's logs. */
export async function expectStopped(
  { parley, store }: Pick<SlowWorld, 'parley' | 'store'>,
  app: string,
  events: readonly Wire[],
  error = 'Stopped by user.',
): Promise<void> {
  const last = events.at(-1) as Wire & { readonly workflow_run_id: string };
  expect(last).toMatchObject({ event: 'workflow_finished', data: { status: 'stopped', error } });
  const id = last.workflow_run_id;
  const detail = await parley.request(app, 'GET', `/workflows/run/${id}`);
  expect(await detail.json()).toMatchObject({ id, status: 'stopped', error });
  const logs = await parley.request(app, 'GET', '/workflows/logs?status=stopped&limit=100');
  const { data } = (await logs.json()) as { data: { workflow_run: { id: string } }[] };
  expect(data.map(({ workflow_run }) => workflow_run.id)).toContain(id);
  const nodes = await store
    .selectFrom('node_executions')
    .select('status')
    .where('workflow_run_id', '=', id)
    .execute();
  expect(nodes.map(({ status }) => status)).not.toContain('running');
}

/** Callees of a run that is under way; `ended` tells when (`performance.now()`) the last of them knew of its end. */
export interface Begun {
  ended(): Promise<number>;
}

/** So many requests to the model have come. */
export async function modelsAsked({ provider }: SlowWorld, count = 1): Promise<Begun> {
  const requests = await Promise.all(
    Array.from({ length: count }, () => provider.nextRequest((request) => !request.isOver)),
  );
  return {
    async ended() {
      await Promise.all(requests.map((request) => request.aborted()));
      return Math.max(...requests.map(({ abortedAt }) => abortedAt ?? Number.NaN));
    },
  };
}

/** So many requests to the callee have come, to this path. */
export async function calleeAsked({ callee }: SlowWorld, path: string, count = 1): Promise<Begun> {
  const requests = await Promise.all(
    Array.from({ length: count }, () => callee.nextRequest((request) => request.path === path)),
  );
  return { ended: async () => Math.max(...(await Promise.all(requests.map((request) => request.left())))) };
}

export async function allOf(...begun: readonly Promise<Begun>[]): Promise<Begun> {
  const all = await Promise.all(begun);
  return { ended: async () => Math.max(...(await Promise.all(all.map((one) => one.ended())))) };
}

export const NOBODY: Begun = { ended: async () => 0 };

/** What the server was about to do it has done, and told. */
export async function settled(parley: TestParley, app: string): Promise<void> {
  await (await parley.request(app, 'GET', '/info')).text();
}

/**
 * Stops a run once `begun` resolves, and expects of it what must be true of every run that was stopped. Answers how many
 * milliseconds after the request to stop the last of its callees, and its client, knew of the end.
 */
export async function stopOnce(
  world: SlowWorld,
  app: string,
  begun: (reading: Reading) => Promise<Begun>,
): Promise<{ readonly lag: number; readonly reading: Reading }> {
  const { parley, provider, callee } = world;
  const reading = await readRun(parley, app);
  const { task_id } = await reading.until(({ event }) => event === 'workflow_started');
  const { ended } = await begun(reading);
  await settled(parley, app);
  const asked = [provider.requests.length, callee.requests.length];
  const before = reading.events.length;
  const at = performance.now();
  const stopping = stopTask(parley, task_id, app);
  await reading.whole;
  const streamMs = performance.now() - at;
  expect(await stopping).toEqual(SUCCESS);
  const lag = Math.max((await ended()) - at, streamMs);
  expect(reading.events.slice(before).map(({ event }) => event)).toEqual(endsOf(app));
  expect([provider.requests.length, callee.requests.length]).toEqual(asked);
  await expectStopped(world, app, reading.events);
  return { lag, reading };
}
