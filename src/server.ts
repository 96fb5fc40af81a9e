import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { App, AppMode } from './apps/app.ts';
import { openAppRegistry } from './apps/app-registry.ts';
import { AppVersions } from './apps/app-versions.ts';
import { ensureFirstKeys } from './apps/first-keys.ts';
import { hintAtKeys } from './apps/hint-at-keys.ts';
import { KeyRing } from './apps/key-ring.ts';
import { TokenRing } from './apps/token-ring.ts';
import type { Config } from './config/config.ts';
import { version } from './config/version.ts';
import { agentEngine } from './engines/agent/agent-engine.ts';
import { appServices } from './engines/app-services.ts';
import { appTools } from './engines/app-tools.ts';
import { basicEngine } from './engines/basic/basic-engine.ts';
import { createLargeAppReader } from './engines/large-apps/large-app-reader.ts';
import { lackingTools, missingTools } from './engines/missing-tools.ts';
import { lazyWorkflows } from './engines/workflow-app/lazy-workflows.ts';
import { createModels } from './models/create-models.ts';
import { createHttpServer } from './operations/create-http-server.ts';
import { holdLease } from './operations/lease.ts';
import { createMetrics } from './operations/metrics.ts';
import { createOutbound } from './outbound/create-outbound.ts';
import { AppSlots } from './runs/app-slots.ts';
import type { Engine } from './runs/engine.ts';
import { Journal } from './runs/journal.ts';
import { Recorder } from './runs/recorder.ts';
import { recoverRuns } from './runs/recover-runs.ts';
import { Runs } from './runs/runs.ts';
import { createSandbox } from './sandbox/create-sandbox.ts';
import { settingsOf } from './sandbox/settings-of.ts';
import { openDataFolder } from './store/data-folder.ts';
import { diskStorage } from './store/file-storage.ts';
import { openStore } from './store/open-store.ts';
import { beat } from './store/processes.ts';
import { cozeSurface } from './surfaces/coze/coze-surface.ts';
import { malformedUrl as malformedCozeUrl } from './surfaces/coze/malformed-url.ts';
import { wrongBaseUrl } from './surfaces/coze/wrong-base-url.ts';
import { difySurface } from './surfaces/dify/dify-surface.ts';
import { malformedUrl as malformedDifyUrl } from './surfaces/dify/malformed-url.ts';
import { difyOpenApi } from './surfaces/dify/openapi.ts';
import { signedFiles } from './surfaces/dify/signed-files.ts';
import { urlSigner } from './surfaces/dify/url-signer.ts';
import { pagesSurface } from './surfaces/pages/pages-surface.ts';
import { openTools } from './tools/open-tools.ts';

/** A server that listens. */
export interface ParleyServer {
  /** E.g. `http://127.0.0.1:5001`. */
  readonly url: string;
  /** Where the Coze Open API has a listener of its own; null: only under `/coze`. */
  readonly cozeUrl: string | null;
  readonly apps: readonly App[];
  /** Keys that may be shown, by app id. */
  readonly keys: ReadonlyMap<string, string>;
  /** True while no provider is configured and the built-in demo model answers. */
  readonly demo: boolean;
  /** Takes no more requests, lets running streams have their terminal event, and closes everything. */
  close(): Promise<void>;
}

/** Where the Coze Open API is; a client's base URL ends in it. */
const COZE_PATH = '/coze';
const NOT_FOUND = { code: 'not_found', message: 'There is nothing here.', status: 404 };
/** Paths of that API alone, at the root: its clients' base URL lacks the path. */
const COZE_PATHS = /^\/+(?:v3|open_api)\//;
/** How long closing the database may take when the server ends. */
const CLOSE_STORE_MS = 2_000;
/** How long requests that are no runs may take when the server ends. */
const LAST_REQUESTS_MS = 2_000;

/** Builds the house from its configuration and opens the door. The only place that knows both sides of the hall. */
export async function startServer(config: Config, log: Logger): Promise<ParleyServer> {
  const folder = openDataFolder(config.dataDir);
  const store = await openStore(config.database, log);
  const { processId } = folder;
  await beat(store, processId, Date.now());
  const onError = (error: unknown) => log.error({ err: error }, 'background work failed');
  const { journal, recovered, clear } = Journal.open(join(config.dataDir, 'journal'), onError);
  const orphans = await recoverRuns(store, { processId, made: recovered, own: true, onError });
  // What could not be saved now is tried again at the next start.
  if (orphans.failed === 0) clear();
  if (orphans.ended > 0)
    log.warn(
      { runs: orphans.ended },
      'runs of an interrupted process were ended; what they had said is kept',
    );

  let started = false;
  const largeApps = createLargeAppReader();
  const lazy = lazyWorkflows();
  const apps = await openAppRegistry({
    dir: config.appsDir,
    settings: config.appSettings,
    apiExtensions: config.apiExtensions,
    workflowReader: lazy.reader,
    readLargeApp: largeApps.read,
    log,
    onChange: ({ loaded }) => {
      if (!started) return;
      hintAtKeys(store, loaded, { configured: config.keys, log }).catch(onError);
      reportTools(loaded).catch(onError);
    },
  });
  const keys = await ensureFirstKeys(store, apps.list(), {
    dataDir: config.dataDir,
    configured: config.keys,
  });
  const models = createModels(config, log);
  const files = diskStorage(join(config.dataDir, 'files'));
  await files.sweep();
  const metrics = createMetrics();
  const outbound = createOutbound();
  const sandbox = createSandbox(settingsOf(config.sandbox));
  const slots = new AppSlots();
  const itsApps = appTools(apps, {
    slots,
    engineOf: (mode) => engines[mode],
    timeoutMs: config.limits.maxExecutionMs,
  });
  const secret = () => folder.secret;
  const tools = await openTools(config, { outbound, sandbox, version, secret, log, others: [itsApps] });
  const parts = { models, store, files, tools, onError, outboundAllow: config.outboundAllow };
  const basic = basicEngine(parts);
  const workflows = lazy.engine({ ...parts, sandbox, outbound, maxSteps: config.limits.workflowSteps });
  const engines: Readonly<Record<AppMode, Engine>> = {
    chat: basic,
    completion: basic,
    'agent-chat': agentEngine(parts),
    workflow: workflows,
    'advanced-chat': workflows,
  };
  const lookingAtTools = new AbortController();
  const reportTools = async (ids: readonly string[]) => {
    for (const id of ids) {
      const app = apps.get(id);
      if (!app) continue;
      for (const { problem, ...missing } of await missingTools(tools, app, lookingAtTools))
        if (missing.ignored) log.warn(missing, `${problem}; the app runs without`);
        else if (!lookingAtTools.signal.aborted)
          log.error(missing, `${problem}; runs of the app are refused`);
      for (const { problem, ...lacking } of lackingTools(tools, app)) log.warn(lacking, problem);
    }
  };
  started = true;
  reportTools(apps.list().map(({ id }) => id)).catch(onError);
  const services = appServices(parts);
  const recorder = new Recorder(store, journal);
  const runs = new Runs({
    store,
    versions: new AppVersions(store, {
      apiExtensions: config.apiExtensions,
      workflowReader: lazy.reader,
      readLargeApp: largeApps.read,
    }),
    journal,
    recorder,
    processId,
    engines,
    services,
    slots,
    maxExecutionMs: config.limits.maxExecutionMs,
    observer: {
      ...metrics.observer,
      ended(run, outcome, stopMs) {
        metrics.observer.ended(run, outcome, stopMs);
        if (!outcome.error) return;
        const { code, message } = outcome.error;
        log.warn(
          { run: run.facts.id, app: run.facts.app.id, code, reason: message.slice(0, 500) },
          'run failed',
        );
      },
      failed: ({ facts }, error) =>
        log.error({ err: error, run: facts.id, app: facts.app.id }, 'run failed unexpectedly'),
    },
  });

  const http = createHttpServer(config, log, metrics, {
    malformedUrl: (url) =>
      url.replace(/^\/+/, '/').startsWith(COZE_PATH) ? malformedCozeUrl() : malformedDifyUrl(),
  });
  const signer = urlSigner(folder.secret, config.limits.fileUrlSeconds);
  await http.register(
    difySurface({
      store,
      files,
      apps,
      keys: new KeyRing(store, config.keys),
      runs,
      services,
      signer,
      limits: config.limits,
      publicUrl: config.publicUrl,
    }),
    { prefix: '/v1' },
  );
  const coze = cozeSurface({
    store,
    files,
    apps,
    tokens: new TokenRing(store, config.tokens),
    runs,
    services,
    limits: config.limits,
    cancel: config.coze.cancel,
  });
  await http.register(coze, { prefix: COZE_PATH });
  const cozeHttp =
    config.coze.port === null
      ? null
      : createHttpServer(config, log, metrics, { malformedUrl: malformedCozeUrl, probes: false });
  await cozeHttp?.register(coze);
  await http.register(signedFiles({ store, files, signer }));
  await http.register(
    pagesSurface({
      apps,
      openApi: () => difyOpenApi({ version }),
      demo: models.demo,
      publicUrl: config.publicUrl,
      version,
    }),
  );
  http.setNotFoundHandler((request, reply) =>
    reply.code(404).send(COZE_PATHS.test(request.url) ? wrongBaseUrl(COZE_PATH) : NOT_FOUND),
  );
  const releaseLease = holdLease(store, processId, onError);
  const listen = async (server: FastifyInstance, port: number) => {
    await server.listen({ host: config.host, port });
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return `http://${host}:${(server.server.address() as { port: number }).port}`;
  };
  const url = await listen(http, config.port);
  const cozeUrl = cozeHttp && (await listen(cozeHttp, config.coze.port ?? 0));
  const servers = cozeHttp ? [http, cozeHttp] : [http];

  return {
    url,
    cozeUrl,
    apps: apps.list(),
    keys,
    demo: models.demo,
    async close() {
      const closed = Promise.all(servers.map((server) => server.close()));
      await runs.drain(config.limits.drainMs);
      // Requests that are no runs (speech, suggestions) may have ended meanwhile; none holds the exit for long.
      for (const { server } of servers) server.closeIdleConnections();
      await Promise.race([closed, setTimeout(LAST_REQUESTS_MS, undefined, { ref: false })]);
      for (const { server } of servers) server.closeAllConnections();
      await closed;
      releaseLease();
      lookingAtTools.abort();
      largeApps.close();
      await apps.close();
      await tools.close();
      await sandbox.close();
      await outbound.close();
      await models.close();
      await recorder.close();
      journal.close();
      // A database that does not answer must not hold the exit.
      await Promise.race([store.destroy(), setTimeout(CLOSE_STORE_MS, undefined, { ref: false })]);
      folder.unlock();
    },
  };
}
