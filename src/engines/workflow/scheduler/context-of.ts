import type { Round } from '../events.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { ChildFrames, NodeContext, NodeReport } from '../node-context.ts';
import { maskRecord, type Secrets } from '../pool/mask-secrets.ts';
import { StreamingMask } from '../pool/streaming-mask.ts';
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

/** What goes through a container, or through the head of a model, may be a secret, too. */
function maskerOf(secrets: Secrets): (report: NodeReport) => readonly NodeReport[] {
  if (secrets.length === 0) return (report) => [report];
  const mask = new StreamingMask(secrets);
  return (report) => {
    if (report.kind !== 'reasoning') {
      return [maskRecord(report as unknown as ValueRecord, secrets) as unknown as NodeReport];
    }
    const { kind, final } = report;
    const text = mask.add(report.text) + (final ? mask.end() : '');
    const told: NodeReport[] = text === '' ? [] : [{ kind, text, final: false }];
    return final ? [...told, { kind, text: '', final }] : told;
  };
}

/** What one attempt of a node sees. What it says after its frame has ended is not heard. */
export function contextOf(options: ContextOptions): NodeContext {
  const { scope, signal, node, executionId, nodeId, nodeType, title, round, stream, children } = options;
  const masked = maskerOf(scope.secrets);
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
      for (const told of masked(report)) {
        scope.emit({ kind: 'node_reported', executionId, nodeId, nodeType, title, round, at, report: told });
      }
    },
    get children() {
      if (children === null) throw new TypeError(`${nodeType} is no container.`);
      return children;
    },
  };
}
