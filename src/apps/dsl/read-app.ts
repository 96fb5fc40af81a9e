import { createHash } from 'node:crypto';
import type { ApiExtension, AppSettings } from '../../config/config.ts';
import { deepFreeze } from '../../config/deep-freeze.ts';
import type { App, AppMode, WorkflowMode } from '../app.ts';
import type { WorkflowReader } from '../workflow-reader.ts';
import { DslError, type DslProblem } from './dsl-error.ts';
import { DslNode } from './dsl-node.ts';
import { environmentWarnings } from './environment-warnings.ts';
import { readBasicConfig } from './read-basic-config.ts';
import { readDsl } from './read-dsl.ts';
import { readMode } from './read-mode.ts';
import { readWorkflow } from './read-workflow.ts';

/** Newest DSL version whose rules are known here (`facts/dify-dsl-engine.md` §2.1). */
const KNOWN_VERSION = [0, 6] as const;

/** Texts of Dify's importer (`facts/dify-dsl-engine.md` §2.1). */
const NO_MODEL_CONFIG = 'Missing model_config for chat/agent-chat/completion app';
const NO_WORKFLOW = 'Missing workflow data for workflow/advanced chat app';

/** Bounded all over: it looks at what strangers wrote. */
const VERSION = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:[.+-][\w.+-]{0,50}|[a-z]\w{0,20})?$/i;

export interface ReadAppOptions {
  readonly id: string;
  /** As shown in messages. */
  readonly file: string;
  readonly settings: AppSettings;
  readonly apiExtensions?: Readonly<Record<string, ApiExtension>>;
  /** Without one, workflows and chatflows are not served. */
  readonly readWorkflow?: WorkflowReader;
  /** Called for each part of the file that the app runs without, and for what its settings lack. */
  readonly onWarning?: (warning: DslProblem) => void;
}

/**
 * Reads an app from its Dify DSL file.
 *
 * @throws DslError with every problem of the file, or of kind `unsupported` when its mode is not served yet.
 * @example readApp(await readFile('examples/assistant.yml', 'utf8'), { id: 'assistant', file, settings }).mode // 'chat'
 */
export function readApp(source: string, options: ReadAppOptions): App {
  const { id, file, settings, apiExtensions = {}, onWarning } = options;
  const reader = options.readWorkflow;
  const problems: DslProblem[] = [];
  const warnings: DslProblem[] = [];
  const root = DslNode.root(readDsl(source, file), problems);
  readVersion(root.get('version'), warnings);
  if (root.get('app').isAbsent) root.problem('Missing app data in YAML content');
  root.get('app').mapping();
  throwIfAny(problems, file);

  const mode = readMode(root, { workflows: reader !== undefined });
  if (mode?.kind === 'unserved') {
    const line = root.get('app').get('mode').line;
    throw new DslError('unsupported', file, [{ line, reason: `${mode.what} are not served by Parley yet` }]);
  }
  const flow = mode !== null && isWorkflow(mode.mode) ? mode.mode : null;
  const body = root.get(flow === null ? 'model_config' : 'workflow');
  if (body.isAbsent && mode !== null) body.problem(flow === null ? NO_MODEL_CONFIG : NO_WORKFLOW);
  body.mapping();
  throwIfAny(problems, file);
  if (mode === null) throw new Error('unreachable: a file without a mode has a problem');

  const { config, warnings: more } =
    flow === null || reader === undefined
      ? readBasicConfig(body, mode.mode, apiExtensions)
      : readWorkflow(body, { mode: flow, apiExtensions, readWorkflow: reader, settings });
  const app = deepFreeze<App>({
    id,
    mode: mode.mode,
    ...readIdentity(root.get('app'), id),
    definition: source,
    version: createHash('sha256').update(source).digest('hex'),
    config,
    settings,
  });
  throwIfAny(problems, file);
  if (flow === null) warnings.push(...environmentWarnings(body, [], settings.env));
  for (const warning of [...warnings, ...more]) onWarning?.(warning);
  return app;
}

function isWorkflow(mode: AppMode): mode is WorkflowMode {
  return mode === 'workflow' || mode === 'advanced-chat';
}

/** Absent: the first version. YAML numbers (`0.3`) have lost their spelling and are refused, as in Dify. */
function readVersion(node: DslNode, warnings: DslProblem[]): void {
  if (node.isAbsent) return;
  if (typeof node.value !== 'string') {
    node.problem("Invalid version type: expected a string such as '0.3.0'");
    return;
  }
  const match = VERSION.exec(node.value.trim());
  if (match === null) {
    node.problem(`version: ${JSON.stringify(node.value)} is not a version`.slice(0, 200));
    return;
  }
  const [major, minor] = [Number(match[1]), Number(match[2] ?? 0)];
  if (major > KNOWN_VERSION[0] || (major === KNOWN_VERSION[0] && minor > KNOWN_VERSION[1])) {
    const reason = `DSL version ${node.value} is newer than ${KNOWN_VERSION.join('.')}; settings that are new in it are not known`;
    warnings.push({ line: node.line, reason });
  }
}

function readIdentity(
  app: DslNode,
  id: string,
): Pick<App, 'name' | 'description' | 'icon' | 'useIconAsAnswerIcon' | 'tags'> {
  const type = app.get('icon_type').value;
  const tags = app
    .get('tags')
    .items()
    .map((tag) => tag.word());
  return {
    name: app.get('name').word() || id,
    description: app.get('description').word(),
    icon: {
      type: type === 'image' || type === 'link' ? type : 'emoji',
      value: app.get('icon').word('🤖'),
      background: app.get('icon_background').word('#FFFFFF') || '#FFFFFF',
    },
    useIconAsAnswerIcon: app.get('use_icon_as_answer_icon').boolean(),
    tags: tags.filter((tag) => tag !== ''),
  };
}

function throwIfAny(problems: readonly DslProblem[], file: string): void {
  const [first, ...others] = problems.toSorted((a, b) => a.line - b.line);
  if (first !== undefined) throw new DslError('invalid', file, [first, ...others]);
}
