import { median } from './clock.ts';
import type { Held, Round, Stopped } from './load.ts';
import type { TargetName } from './targets.ts';

/** Everything that one benchmark measured. */
export interface Measured {
  readonly node: string;
  readonly at: string;
  readonly quick: boolean;
  readonly pinned: boolean;
  /** By concurrency, then by server. */
  readonly rounds: Readonly<Record<number, Partial<Record<TargetName, readonly Round[]>>>>;
  readonly starts: Partial<Record<TargetName, readonly Start[]>>;
  readonly held: Partial<Record<TargetName, Held>>;
  readonly stops: Partial<Record<TargetName, readonly Stopped[]>>;
}

export interface Start {
  readonly firstAnswerMs: number;
  readonly idleRssKb: number;
}

/** One promise with what was measured. */
export interface Verdict {
  readonly name: string;
  readonly limit: string;
  readonly measured: string;
  readonly passed: boolean;
}

const NAMES: readonly TargetName[] = ['direct', 'relay', 'parley', 'parley-coze'];

export function report(measured: Measured): string {
  const parts = [
    `# Benchmark, ${measured.at}`,
    `Node ${measured.node}, loopback, ${
      measured.pinned
        ? 'server on CPU 0, mock model and load generator on CPU 1'
        : 'NOT pinned (no taskset): server, model and load share the cores'
    }${measured.quick ? ', --quick' : ''}. Medians of alternating rounds; in brackets the ratio to the bare relay.`,
  ];
  for (const [concurrency, byServer] of Object.entries(measured.rounds)) {
    parts.push(`## Streamed chats of 50 tokens, concurrency ${concurrency}`, chatTable(byServer));
  }
  parts.push('## Process', processTable(measured));
  const verdicts = judge(measured);
  if (verdicts.length > 0) parts.push('## Targets', verdictTable(verdicts));
  return `${parts.join('\n\n')}\n`;
}

/** The targets of issue 2 and that of the Coze surface, as far as Parley was measured. */
export function judge(measured: Measured): Verdict[] {
  const verdicts: Verdict[] = [];
  const put = (name: string, value: number, limit: string, unit: string, passed: boolean): void => {
    if (Number.isNaN(value)) return;
    verdicts.push({ name, limit: `${limit} ${unit}`, measured: `${round(value)} ${unit}`, passed });
  };
  const add = (name: string, value: number, limit: number, unit: string): void =>
    put(name, value, `≤ ${limit}`, unit, value <= limit);
  for (const [concurrency, { relay, parley }] of Object.entries(measured.rounds)) {
    const ratio = middle(parley, (one) => one.cpuMs) / middle(relay, (one) => one.cpuMs);
    add(`CPU per chat against the bare relay, concurrency ${concurrency}`, ratio, 2, '×');
  }
  for (const concurrency of [32, 128]) {
    const { parley = [], 'parley-coze': coze = [] } = measured.rounds[concurrency] ?? {};
    // Each round against the one before it: what slows the machine for longer slows both.
    const ratio = median(coze.map((one, turn) => one.perSecond / (parley[turn]?.perSecond ?? Number.NaN)));
    const name = `chats per second over Coze against the Dify surface, concurrency ${concurrency}`;
    put(name, ratio, '≥ 0.9', '×', ratio >= 0.9);
  }
  const single = measured.rounds[1];
  const ttft = (rounds: readonly Round[] | undefined): number => middle(rounds, (one) => one.ttft.p50);
  add(
    'added time to first token, median, concurrency 1',
    ttft(single?.parley) - ttft(single?.direct),
    3,
    'ms',
  );
  add('idle process', middle(measured.starts.parley, (one) => one.idleRssKb) / 1024, 110, 'MB');
  add('memory per held stream', measured.held.parley?.kbPerStream ?? Number.NaN, 80, 'KB');
  add(
    'stop to closed upstream, median',
    middle(measured.stops.parley, (one) => one.upstreamMs),
    10,
    'ms',
  );
  add('start to first answer', middle(measured.starts.parley, (one) => one.firstAnswerMs) / 1000, 1.5, 's');
  return verdicts;
}

function chatTable(byServer: Partial<Record<TargetName, readonly Round[]>>): string {
  const columns: readonly [string, (one: Round) => number][] = [
    ['chats/s', (one) => one.perSecond],
    ['TTFT p50', (one) => one.ttft.p50],
    ['p95', (one) => one.ttft.p95],
    ['p99', (one) => one.ttft.p99],
    ['total p50', (one) => one.total.p50],
    ['p95', (one) => one.total.p95],
    ['p99', (one) => one.total.p99],
    ['CPU ms/chat', (one) => one.cpuMs],
  ];
  const rows = NAMES.filter((name) => byServer[name] !== undefined).map((name) => {
    const rounds = byServer[name] ?? [];
    const cells = columns.map(([, of]) => {
      const value = middle(rounds, of);
      const ratio = name.startsWith('parley') ? value / middle(byServer.relay, of) : Number.NaN;
      return round(value) + (Number.isNaN(ratio) ? '' : ` (×${round(ratio)})`);
    });
    return [name, String(rounds.length), ...cells];
  });
  return table(['server', 'rounds', ...columns.map(([title]) => title)], rows);
}

function processTable(measured: Measured): string {
  const rows = NAMES.filter((name) => measured.starts[name] !== undefined).map((name) => {
    const starts = measured.starts[name];
    const stops = measured.stops[name];
    const held = measured.held[name];
    return [
      name,
      round(middle(starts, (one) => one.firstAnswerMs) / 1000),
      round(middle(starts, (one) => one.idleRssKb) / 1024),
      String(held?.streams ?? '-'),
      round(held?.kbPerStream ?? Number.NaN),
      round((held?.rssHeldKb ?? Number.NaN) / 1024),
      round(middle(stops, (one) => one.upstreamMs)),
      round(Math.max(...(stops ?? []).map((one) => one.upstreamMs))),
      round(middle(stops, (one) => one.clientMs)),
    ];
  });
  const titles = [
    'server',
    'start to first answer s',
    'idle MB',
    'streams held',
    'KB per stream',
    'MB with them',
  ];
  return table([...titles, 'stop to closed upstream ms', 'max', 'stop to end of stream ms'], rows);
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((one) => [one.name, one.limit, one.measured, one.passed ? 'pass' : '**FAIL**']);
  return table(['target', 'limit', 'measured', ''], rows);
}

/** A table of Markdown. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(titles),
    line(titles.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

function middle<T>(values: readonly T[] | undefined, of: (value: T) => number): number {
  return median((values ?? []).map(of));
}

/** Three significant digits. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) || value < 0 ? '-' : 'never';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
