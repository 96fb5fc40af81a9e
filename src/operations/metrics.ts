import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunObserver } from '../runs/run-observer.ts';

/** Numbers for operators, in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  readonly observer: Pick<RunObserver, 'started' | 'firstText' | 'ended'>;
}

/** Counts runs, tokens, stops and times. Labels are app and status only: never users or texts. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const runs = new Counter({
    name: 'parley_runs_total',
    help: 'Runs that ended, by app and status.',
    labelNames: ['app', 'status'],
    registers,
  });
  const active = new Gauge({ name: 'parley_runs_active', help: 'Runs going on.', registers });
  const streams = new Gauge({
    name: 'parley_open_streams',
    help: 'Client connections that wait for a run.',
    registers,
  });
  const tokens = new Counter({
    name: 'parley_tokens_total',
    help: 'Tokens used, by app and kind.',
    labelNames: ['app', 'kind'],
    registers,
  });
  const firstText = new Histogram({
    name: 'parley_time_to_first_token_seconds',
    help: 'From acceptance to the first piece of the answer.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const duration = new Histogram({
    name: 'parley_run_duration_seconds',
    help: 'From acceptance to the end.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1200],
    registers,
  });
  const stops = new Counter({
    name: 'parley_stops_total',
    help: 'Runs stopped, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const stopLatency = new Histogram({
    name: 'parley_stop_latency_seconds',
    help: 'From the stop to the committed end of the run.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers,
  });
  const going = new Set<{ readonly readers: number }>();
  const countGoing = {
    collect() {
      active.set(going.size);
      let readers = 0;
      for (const run of going) readers += run.readers;
      streams.set(readers);
    },
  };
  return {
    contentType: registry.contentType,
    text() {
      countGoing.collect();
      return registry.metrics();
    },
    observer: {
      started: (run) => void going.add(run),
      firstText: (_run, afterMs) => firstText.observe(afterMs / 1000),
      ended(run, outcome, stopMs) {
        going.delete(run);
        const app = run.facts.app.id;
        runs.inc({ app, status: outcome.status });
        if (outcome.usage.promptTokens > 0) tokens.inc({ app, kind: 'prompt' }, outcome.usage.promptTokens);
        if (outcome.usage.completionTokens > 0)
          tokens.inc({ app, kind: 'completion' }, outcome.usage.completionTokens);
        duration.observe(Math.max(0, Date.now() - run.facts.createdAt) / 1000);
        if (outcome.stoppedBy) stops.inc({ reason: outcome.stoppedBy });
        if (stopMs !== null) stopLatency.observe(stopMs / 1000);
      },
    },
  };
}
