import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockMessage, MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { dataOf, type Fields, streamChatflow, type WorkflowEvent } from './workflow-turns.ts';

export const APPS = join(import.meta.dirname, 'apps');

/** Providers that the apps in `apps/` name. Each has a key of its own, by which a test knows who was asked. */
const PROVIDERS = ['openai', 'deepseek', 'tongyi', 'openai_api_compatible'];

export interface RealApps {
  readonly parley: TestParley;
  readonly provider: MockProvider;
  close(): Promise<void>;
}

/** A server with these files of `folder`, whose every provider is the mock; `config` is more of `parley.yml`. */
export async function startApps(
  ids: readonly string[],
  config: Readonly<Record<string, unknown>> = {},
  folder = APPS,
): Promise<RealApps> {
  const files = ids.map(async (id) => [id, await readFile(join(folder, `${id}.yml`), 'utf8')] as const);
  const provider = await startMockProvider();
  const providers = PROVIDERS.map((name) => [name, { api_key: `sk-${name}`, base_url: provider.baseUrl }]);
  const parley = await startParley({
    apps: Object.fromEntries(await Promise.all(files)),
    config: { providers: Object.fromEntries(providers), ...config },
  });
  return {
    parley,
    provider,
    async close() {
      await parley.close();
      await provider.close();
    },
  };
}

/** Requests that reached the mock while `work` went on, with what came of it. */
export async function watching<Result>(
  provider: MockProvider,
  work: Promise<Result>,
  before = provider.requests.length,
): Promise<[result: Result, requests: readonly MockRequest[]]> {
  const result = await work;
  return [result, provider.requests.slice(before)];
}

/** One turn of a chatflow, while the mock answers by `script`. */
export function say(
  { parley, provider }: RealApps,
  app: string,
  body: Readonly<Fields>,
  script: MockReply | ((request: MockRequest) => MockReply),
): Promise<[events: WorkflowEvent[], requests: readonly MockRequest[]]> {
  provider.reply(script);
  return watching(provider, streamChatflow(parley, body, app));
}

export const conversationOf = ([first]: readonly Readonly<Fields>[]) => String(first?.conversation_id);

export const said = (role: string, content: unknown): MockMessage => ({ role, content });

/** The first message, which tells the nodes of these apps apart. */
export const jobOf = ({ messages }: MockRequest): string => String(messages[0]?.content);
export const lastOf = ({ messages }: MockRequest): string => String(messages.at(-1)?.content);
/** Which of the providers was asked. */
export const askedOf = ({ headers }: MockRequest) => String(headers.authorization).replace('Bearer sk-', '');

/** Titles of the nodes of events of this name, in order. */
export function titlesIn(events: readonly Readonly<Fields>[], name = 'node_started'): string[] {
  return dataOf(events, name).map(({ title }) => String(title));
}

/** How the node of this title ended, the last time it did. */
export function endOf(events: readonly Readonly<Fields>[], title: string): Fields {
  const ended = dataOf(events, 'node_finished').findLast((data) => data.title === title);
  if (!ended) throw new Error(`no end of ${title} in ${JSON.stringify(events)}`);
  return ended;
}

/** `outputs` of the node of this title. */
export function outputsOf(events: readonly Readonly<Fields>[], title: string): Fields {
  return endOf(events, title).outputs as Fields;
}
