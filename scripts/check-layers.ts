/**
 * Holds `src` to the plan of the house (design.md §3): who may import whom, no cycles (types included), no big files.
 *
 * `node scripts/check-layers.ts [FOLDER]` checks `src`, or another folder laid out like it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Rooms that each room may import, besides itself. A room is the first folder or file under `src`. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  config: ['errors'],
  store: ['config', 'errors'],
  bus: ['config', 'errors'],
  apps: ['store', 'bus', 'config', 'errors'],
  runs: ['apps', 'store', 'bus', 'config', 'errors'],
  operations: ['runs', 'store', 'config', 'errors'],
  models: ['config', 'errors', 'store'],
  outbound: ['config', 'errors'],
  threads: ['errors'],
  tools: ['outbound', 'sandbox', 'threads', 'config', 'errors', 'store'],
  knowledge: ['threads', 'config', 'errors', 'store'],
  sandbox: ['config', 'errors', 'store'],
  surfaces: ['runs', 'apps', 'store', 'bus', 'config', 'errors'],
  engines: [
    ...['models', 'tools', 'knowledge', 'sandbox', 'outbound', 'threads'],
    ...['runs', 'apps', 'store', 'bus', 'config', 'errors'],
  ],
  server: [
    ...['operations', 'surfaces', 'engines', 'models', 'tools', 'knowledge', 'sandbox', 'outbound'],
    ...['runs', 'apps', 'store', 'bus', 'config', 'errors'],
  ],
  cli: ['*'],
  main: ['*'],
};

/** Rooms whose folders are neighbours that never import one another: `surfaces/dify` knows nothing of `surfaces/coze`. */
const APART: readonly string[] = ['surfaces'];

const MAX_LINES = 350;

/** Everything that is wrong in `folder`, one readable line each; none when all is well. */
export function checkLayers(folder: string): string[] {
  const root = resolve(folder);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort();
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8');
    const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
    if (lines > MAX_LINES) problems.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
    const imported: string[] = [];
    for (const { specifier, line } of importsOf(source)) {
      if (!specifier.startsWith('.')) continue;
      const path = join(root, dirname(file), specifier);
      const target = relative(root, path);
      const problem = existsSync(path) ? forbidden(file, target) : `imports ${target}, which does not exist`;
      if (problem !== null) problems.push(`${file}:${line}: ${problem}`);
      imported.push(target);
    }
    graph.set(file, imported);
  }
  for (const cycle of cyclesOf(graph)) problems.push(`import cycle: ${cycle.join(' → ')}`);
  return problems;
}

/** Why `file` may not import `target` (both relative to `src`); null when it may. */
function forbidden(file: string, target: string): string | null {
  if (isTest(target)) return `imports the test ${target}`;
  if (isTest(file)) return null;
  if (target.startsWith('..'))
    return target === join('..', 'package.json') ? null : `imports ${target}, outside of src`;
  const from = roomOf(file);
  const to = roomOf(target);
  const allowed = ROOMS[from];
  if (allowed === undefined) return `room ${from} is not in the table of scripts/check-layers.ts`;
  if (ROOMS[to] === undefined)
    return `imports room ${to}, which is not in the table of scripts/check-layers.ts`;
  if (from !== to && !allowed.includes(to) && !allowed.includes('*')) {
    return `${from} may not import ${to} (${target}); it may import: ${allowed.join(', ') || 'nothing'}`;
  }
  if (from === to && APART.includes(from) && neighbours(file, target)) {
    return `${dirname(file)} may not import ${target}: folders of ${from} stay apart`;
  }
  return null;
}

/** Whether both lie in folders of one room, and in different ones. Files directly in the room are common to all. */
function neighbours(file: string, target: string): boolean {
  const a = file.split('/');
  const b = target.split('/');
  return a.length > 2 && b.length > 2 && a[1] !== b[1];
}

function roomOf(file: string): string {
  return (file.split('/')[0] as string).replace(/\.\w+$/, '');
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

const IMPORTS = [
  // import … from '…', import type … from '…', export … from '…': Biome keeps statements at the line's start
  /^(?:import|export)\s[^'"`;]*?\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/gm,
  // import '…'
  /^import\s*(['"])(?<specifier>[^'"\n]+)\1/gm,
  // import('…'), as an expression or as a type
  /\bimport\(\s*(['"`])(?<specifier>[^'"`\n]+)\1/g,
  // new Worker(new URL('…', import.meta.url))
  /\bnew URL\(\s*(['"])(?<specifier>\.[^'"\n]*\.ts)\1\s*,\s*import\.meta\.url/g,
];

/** Every module that `source` names, with the line it is named on. */
export function importsOf(source: string): { readonly specifier: string; readonly line: number }[] {
  const code = withoutComments(source);
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)])
    .toSorted((a, b) => a.index - b.index)
    .map((match) => ({
      specifier: match.groups?.specifier as string,
      line: code.slice(0, match.index).split('\n').length,
    }));
}

/** Blanks out comments, leaving strings and line numbers as they are. */
function withoutComments(source: string): string {
  const tokens =
    /(?<!\\)\/\*[\s\S]*?\*\/|(?<!\\)\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return source.replace(tokens, (token) => (/^\/[/*]/.test(token) ? token.replace(/[^\n]/g, ' ') : token));
}

/** One cycle for each group of files that import one another. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(import.meta.dirname, '../src');
  const problems = checkLayers(folder);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(`${problems.length} problem${problems.length === 1 ? '' : 's'} in ${folder}`);
    process.exitCode = 1;
  }
}
