import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPS, appFile, type BenchApp, configFile, TOKEN } from './apps.ts';
import { ServerProcess } from './server-process.ts';

const ROOT = join(import.meta.dirname, '..');
const SERVER_CPU = 0;

/** What `npm start` runs. */
const PARLEY_COMMAND: readonly string[] = [join(ROOT, 'bin/parley.js'), 'serve'];

export type TargetName = 'direct' | 'relay' | 'parley' | 'parley-coze';

/** One streamed chat as it goes over the wire. */
export interface ChatCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Something that answers streamed chats. */
export interface Target {
  readonly name: TargetName;
  readonly url: string;
  /** Null: there is no process of its own to measure (direct calls to the mock model). */
  readonly process: ServerProcess | null;
  call(app: BenchApp, user: string): ChatCall;
  /** Text of one SSE data line, and the event it belongs to; null: the answer is complete; undefined: carries no text. */
  text(data: string, event: string): string | null | undefined;
  stop(): Promise<void>;
}

/** The mock model itself, without any server before it. */
export function direct(modelUrl: string): Target {
  return {
    name: 'direct',
    url: modelUrl,
    process: null,
    call: (app, user) => ({
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: app.model,
        messages: [{ role: 'user', content: `Count, ${user}.` }],
        stream: true,
      }),
    }),
    text(data) {
      if (data === '[DONE]') return null;
      const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
      return chunk.choices[0]?.delta.content;
    },
    stop: async () => {},
  };
}

export async function startRelay(modelUrl: string): Promise<Target> {
  const started = await ServerProcess.start([join(ROOT, 'bench/bare-relay.ts'), modelUrl], {
    cpu: SERVER_CPU,
  });
  return dify('relay', started, () => started.stop());
}

/** Parley by its contract: the three apps as DSL files, their keys in `parley.yml`. */
export async function startParley(modelUrl: string): Promise<Target> {
  const apps = new Map(APPS.map((app) => [app.id, appFile(app)]));
  const { process, stop } = await startServed(apps, configFile(modelUrl));
  return dify('parley', process, stop);
}

/** Parley with a fresh folder for its data, which goes when it is stopped, and these apps and `parley.yml`. */
export async function startServed(
  files: ReadonlyMap<string, string>,
  config: string,
  nodeFlags: readonly string[] = [],
): Promise<{ readonly process: ServerProcess; stop(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const apps = join(home, 'apps');
  mkdirSync(apps);
  for (const [id, text] of files) writeFileSync(join(apps, `${id}.yml`), text);
  writeFileSync(join(home, 'parley.yml'), config);
  const remove = (): void => rmSync(home, { recursive: true, force: true });
  const flags = [
    '--port',
    '0',
    '--data',
    join(home, 'data'),
    '--apps',
    apps,
    '--config',
    join(home, 'parley.yml'),
  ];
  try {
    const args = [...nodeFlags, ...PARLEY_COMMAND, ...flags];
    const process = await ServerProcess.start(args, { cpu: SERVER_CPU });
    return { process, stop: () => process.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function dify(name: TargetName, started: ServerProcess, stop: () => Promise<void>): Target {
  return {
    name,
    url: started.url,
    process: started,
    call: (app, user) => ({
      path: '/v1/chat-messages',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${app.key}` },
      body: JSON.stringify({
        inputs: {},
        query: `Count, ${user}.`,
        response_mode: 'streaming',
        conversation_id: '',
        user,
        auto_generate_name: false,
      }),
    }),
    text(data) {
      const event = JSON.parse(data) as { event: string; answer?: string };
      if (event.event === 'message_end') return null;
      if (event.event === 'error') throw new Error(`error event: ${data}`);
      return event.event === 'message' ? event.answer : undefined;
    },
    stop,
  };
}

/** The server behind `parley` over its Coze Open API: a second way in, to be stopped by the first. */
export function overCoze(parley: Target): Target {
  return {
    name: 'parley-coze',
    url: parley.url,
    process: parley.process,
    call: (app, user) => ({
      path: '/coze/v3/chat',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({
        bot_id: app.id,
        user_id: user,
        additional_messages: [{ role: 'user', content: `Count, ${user}.`, content_type: 'text' }],
        stream: true,
      }),
    }),
    text(data, event) {
      if (event === 'done') return null;
      if (event === 'error' || event === 'conversation.chat.failed') throw new Error(`${event}: ${data}`);
      if (event !== 'conversation.message.delta') return undefined;
      return (JSON.parse(data) as { content: string }).content;
    },
    stop: async () => {},
  };
}
