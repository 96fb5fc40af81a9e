import type { Round } from '../events.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { ChildFrames, NodeContext, NodeReport } from '../node-context.ts';
import { maskRecord, type Secrets } from '../pool/mask-secrets.ts';
import type { VariablePool } from '../pool/variable-pool.ts';
import type { ResponseStream } from '../stream/response-stream.ts';
import type { ValueRecord } from '../values/value.ts';
import type { RunScope } from './run-scope.ts';

export interface ContextOptions {
  readonly executionId: string;
  readonly nodeId: string;
  readonly nodeType: string;
  readonly title: string;
  readonly round: Round | null;
  readonly node: GraphNode;
  readonly attempt: number;
  readonly scope: RunScope;
  readonly signal: AbortSignal;
  readonly pool: VariablePool;
  readonly stream: ResponseStream | null;
  readonly children: ChildFrames | null;
}

/** What goes through a container may be a secret, too. */
function withoutSecrets(report: NodeReport, secrets: Secrets): NodeReport {
  if (secrets.length === 0 || report.kind === 'reasoning') return report;
  return maskRecord(report as unknown as ValueRecord, secrets) as unknown as NodeReport;
}

/** What one attempt of a node sees. What it says after its frame has ended is not heard. */
export function contextOf(options: ContextOptions): NodeContext {
  const { scope, signal, node, executionId, nodeId, nodeType, title, round, stream, children } = options;
  return {
    node: {
      id: nodeId,
      type: nodeType,
      title,
      expectsErrors: node.errorStrategy !== null || node.retry !== null,
    },
    executionId,
    pool: options.pool,
    services: scope.services,
    signal,
    attempt: options.attempt,
    emit(name, text, { final = false } = {}) {
      if (!signal.aborted) stream?.piece([nodeId, name], text, final, { nodeId, executionId });
    },
    report(report) {
      if (signal.aborted) return;
      const at = scope.services.clock.now();
      const told = withoutSecrets(report, scope.secrets);
      scope.emit({ kind: 'node_reported', executionId, nodeId, nodeType, title, round, at, report: told });
    },
    get children() {
      if (children === null) throw new TypeError(`${nodeType} is no container.`);
      return children;
    },
  };
}
