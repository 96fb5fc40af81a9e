import { describe, expect, test } from 'vitest';
import type { RunState } from './scheduler/run-state.ts';
import { fakeKind, node, type Played, play, readOrThrow, written } from './workflow.fixture.ts';

/** A number generator whose numbers come again for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Plan {
  readonly id: string;
  readonly kind: 'sum' | 'branch' | 'answer';
  /** Turns of the event loop that it takes. */
  readonly turns: number;
  readonly handle: string;
  readonly fails: 'never' | 'fail-branch' | 'default-value';
  readonly retries: number;
}

interface Line {
  readonly source: string;
  readonly handle: string;
  readonly target: string;
}

interface Random {
  readonly plans: readonly Plan[];
  readonly lines: readonly Line[];
}

const HANDLES = ['a', 'b', 'c'];

/** @param orphans whether nodes may have no way to them */
function randomGraph(seed: number, orphans: boolean): Random {
  const below = generator(seed);
  const size = 1 + below(24);
  const plans: Plan[] = Array.from({ length: size }, (_, at) => {
    const kind = (['sum', 'sum', 'branch', 'answer'] as const)[below(4)] as Plan['kind'];
    const fails =
      kind === 'sum' ? (['never', 'never', 'fail-branch', 'default-value'] as const)[below(4)] : 'never';
    return {
      id: `n${at}`,
      kind,
      turns: below(4),
      handle: HANDLES[below(3)] as string,
      fails: fails ?? 'never',
      retries: below(3),
    };
  });
  const lines: Line[] = [];
  plans.forEach(({ id }, at) => {
    const sources = ['start', ...plans.slice(0, at).map((plan) => plan.id)];
    const count = orphans ? below(4) : 1 + below(3);
    for (let one = 0; one < count; one += 1) {
      const source = sources[below(sources.length)] as string;
      const from = plans.find((plan) => plan.id === source);
      // Whatever the handle says, a node that does not branch takes all its edges.
      let handle = below(4) === 0 && from?.fails !== 'fail-branch' ? 'elsewhere' : 'source';
      if (from?.kind === 'branch') handle = HANDLES[below(3)] as string;
      else if (from?.fails === 'fail-branch' && below(2) === 0) handle = 'fail-branch';
      lines.push({ source, handle, target: id });
    }
  });
  return { plans, lines };
}

type Fate = 'runs' | 'skipped' | 'never';

/** What must happen, worked out node by node in the order in which nothing is needed before it is known. */
function reference({ plans, lines }: Random): {
  fates: ReadonlyMap<string, Fate>;
  sums: ReadonlyMap<string, number>;
} {
  const fates = new Map<string, Fate>([['start', 'runs']]);
  const sums = new Map<string, number>();
  const byId = new Map(plans.map((plan) => [plan.id, plan]));
  const leads = ({ source, handle }: Line): 'taken' | 'skipped' | 'unknown' => {
    const fate = fates.get(source);
    if (fate !== 'runs') return fate === 'skipped' ? 'skipped' : 'unknown';
    const plan = byId.get(source);
    if (plan?.kind === 'branch') return handle === plan.handle ? 'taken' : 'skipped';
    if (plan?.fails === 'fail-branch') return handle === 'fail-branch' ? 'taken' : 'skipped';
    return 'taken';
  };
  plans.forEach((plan, at) => {
    const incoming = lines.filter(({ target }) => target === plan.id);
    const states = incoming.map(leads);
    const runs = states.includes('taken') && !states.includes('unknown');
    const skipped = incoming.length > 0 && states.every((state) => state === 'skipped');
    fates.set(plan.id, runs ? 'runs' : skipped ? 'skipped' : 'never');
    if (!runs || plan.kind !== 'sum') return;
    const before = new Set(incoming.map(({ source }) => source));
    const sum = [...before].reduce((total, id) => total + (sums.get(id) ?? 0), at + 1);
    sums.set(plan.id, plan.fails === 'never' ? sum : plan.fails === 'default-value' ? 1000 : 0);
  });
  return { fates, sums };
}

/** Adds up what the nodes before it have found, and its own number. */
const sum = fakeKind('sum', async (data, { pool, attempt }) => {
  const { turns, before, number, fails, retries } = data as unknown as {
    turns: number;
    before: string[];
    number: number;
    fails: string;
    retries: number;
  };
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  if (fails !== 'never' || attempt < retries) throw new Error('no luck');
  const total = before.reduce((all, id) => all + Number(pool.get([id, 'v'])?.value ?? 0), number);
  return { outputs: { v: total } };
});
const branch = fakeKind('branch', ({ handle }) => ({ outputs: {}, handle: String(handle) }), {
  role: 'branch',
});

function graphOf({ plans, lines }: Random) {
  const nodes = plans.map(({ id, kind, turns, handle, fails, retries }, at) => {
    if (kind === 'answer') return node(id, 'answer', { answer: `[${id}]` });
    if (kind === 'branch') return node(id, 'branch', { handle });
    const before = [...new Set(lines.filter(({ target }) => target === id).map(({ source }) => source))];
    return node(id, 'sum', {
      ...{ turns, before, number: at + 1, fails, retries },
      retry_config: { retry_enabled: true, max_retries: retries, retry_interval: 0 },
      ...(fails !== 'never' && {
        error_strategy: fails,
        default_value: [{ key: 'v', type: 'number', value: 1000 }],
      }),
    });
  });
  const edges = lines.map(({ source, handle, target }) => ({ source, sourceHandle: handle, target }));
  return readOrThrow([node('start', 'start'), ...nodes], edges, { kinds: [sum, branch] });
}

const started = ({ events }: Played) =>
  events.flatMap((event) => (event.kind === 'node_started' ? [event.nodeId] : []));
const sumsOf = ({ events }: Played) =>
  events.flatMap((event) =>
    event.kind === 'node_finished' && event.nodeType === 'sum'
      ? [[event.nodeId, Number(event.outputs.v ?? 0)] as const]
      : [],
  );

describe('random graphs', () => {
  test.each(Array.from({ length: 12 }, (_, at) => at * 1000))(
    'end, run each node at most once, and agree with a plain interpreter (from seed %d)',
    async (first) => {
      for (let seed = first; seed < first + 40; seed += 1) {
        const random = randomGraph(seed, seed % 2 === 0);
        const { fates, sums } = reference(random);
        const played = await play(graphOf(random), { limits: { concurrency: 1 + (seed % 5) } });
        const runs = [...fates].filter(([, fate]) => fate === 'runs').map(([id]) => id);
        expect(started(played).toSorted(), `seed ${seed}`).toEqual(runs.toSorted());
        expect(new Map(sumsOf(played)), `seed ${seed}`).toEqual(sums);
        const failed = random.plans.filter(
          ({ id, fails }) => fails !== 'never' && fates.get(id) === 'runs',
        ).length;
        expect(played.outcome, `seed ${seed}`).toMatchObject({
          status: failed > 0 ? 'partial-succeeded' : 'succeeded',
          exceptions: failed,
          steps: runs.length,
        });
        if (seed % 2 === 0) continue;
        // Where every node has a way to it, exactly those answers are told that run.
        const told = played.chunks.map((text) => text.slice(1, -1));
        const answers = random.plans
          .filter(({ id, kind }) => kind === 'answer' && fates.get(id) === 'runs')
          .map(({ id }) => id);
        expect(told.toSorted(), `seed ${seed}`).toEqual(answers.toSorted());
      }
    },
  );

  test('go on from any node as if nothing had happened', async () => {
    for (let seed = 1; seed < 80; seed += 1) {
      const random = randomGraph(seed * 7919, seed % 2 === 0);
      const graph = graphOf(random);
      const states: { readonly state: RunState; readonly ended: ReadonlySet<string> }[] = [];
      const ended = new Set<string>();
      const whole = await play(graph, {
        onEvent(event, run) {
          if (event.kind !== 'node_finished') return;
          ended.add(event.nodeId);
          states.push({ state: written(run.snapshot()), ended: new Set(ended) });
        },
      });
      const { state, ended: before } = states[generator(seed)(states.length)] as (typeof states)[number];
      const rest = await play(graph, { state });
      const finished = rest.events.flatMap((event) => (event.kind === 'node_finished' ? [event.nodeId] : []));
      expect([...before, ...finished].toSorted(), `seed ${seed}`).toEqual([...ended].toSorted());
      expect({ ...rest.outcome, elapsedMs: 0, outputs: {} }, `seed ${seed}`).toEqual({
        ...whole.outcome,
        elapsedMs: 0,
        outputs: {},
      });
      for (const [id, value] of sumsOf(rest))
        expect([id, value]).toEqual(sumsOf(whole).find(([other]) => other === id));
    }
  });
});
