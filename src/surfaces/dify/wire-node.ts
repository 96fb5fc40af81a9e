import { innermost, nodeMetadata } from '../../runs/node-metadata.ts';
import type { NodeEvent, NodeReported, NodeStarted, NodeValues } from '../../runs/workflow-event.ts';
import { elapsedSeconds } from '../elapsed-seconds.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { wireFiles } from './wire-files.ts';

/** An event of this wire without its wrapper; most have everything in `data`. */
export interface WireEvent {
  readonly event: string;
  readonly data: NodeValues;
}

/** Nodes that this wire tells by their reports only (`facts/dify-dsl-engine.md` §7.1). */
const UNTOLD: ReadonlySet<string> = new Set(['iteration', 'loop', 'iteration-start', 'loop-start']);

/** What Dify tells of a node (`facts/dify-wire.md` §3.4); null: nothing. */
export function wireNode(event: NodeEvent): WireEvent | null {
  switch (event.kind) {
    case 'node_started':
      return UNTOLD.has(event.nodeType) ? null : { event: 'node_started', data: started(event) };
    case 'node_finished':
      if (UNTOLD.has(event.nodeType)) return null;
      return { event: 'node_finished', data: ended(event, event.status) };
    case 'node_retried':
      return { event: 'node_retry', data: { ...ended(event, 'retry'), retry_index: event.retry } };
    case 'node_reported':
      return reported(event);
  }
}

/** `index` and `predecessor_node_id` are constants in today's Dify. */
function named({ executionId, nodeId, nodeType, title }: NodeEvent): NodeValues {
  return {
    id: executionId,
    node_id: nodeId,
    node_type: nodeType,
    title,
    index: 1,
    predecessor_node_id: null,
  };
}

function containers({ round }: NodeEvent): NodeValues {
  return {
    iteration_id: innermost(round, 'iteration')?.containerId ?? null,
    loop_id: innermost(round, 'loop')?.containerId ?? null,
  };
}

function started(event: NodeStarted): NodeValues {
  const { agent_strategy = null, extras = {} } = event.about;
  return {
    ...named(event),
    inputs: null,
    inputs_truncated: false,
    created_at: unixSeconds(event.at),
    extras,
    ...containers(event),
    agent_strategy,
  };
}

function ended(event: Extract<NodeEvent, { outputs: unknown }>, status: string): NodeValues {
  return {
    ...named(event),
    inputs: event.inputs,
    inputs_truncated: false,
    process_data: event.processData,
    process_data_truncated: false,
    outputs: event.outputs,
    outputs_truncated: false,
    status,
    error: event.error,
    elapsed_time: elapsedSeconds(event.elapsedMs),
    execution_metadata: nodeMetadata(event),
    created_at: unixSeconds(event.startedAt),
    finished_at: unixSeconds(event.at),
    files: wireFiles(event.outputs),
    ...containers(event),
  };
}

function reported(event: NodeReported): WireEvent | null {
  const { report, nodeId, nodeType } = event;
  switch (report.kind) {
    case 'agent_log':
      return {
        event: 'agent_log',
        data: { node_execution_id: event.executionId, ...report.entry, node_id: nodeId },
      };
    // `difyStream` tells it, in a wrapper of its own.
    case 'reasoning':
    // Told with the end of the answer.
    case 'retriever_resources':
      return null;
    case 'rounds_started':
      return {
        event: `${nodeType}_started`,
        data: {
          ...container(event),
          created_at: unixSeconds(event.at),
          extras: {},
          // Releases differ in how they call an iteration's length.
          metadata:
            nodeType === 'loop'
              ? { loop_length: report.length }
              : { iterator_length: report.length, iteration_length: report.length },
          inputs: report.inputs,
          inputs_truncated: false,
        },
      };
    case 'round':
      return {
        event: `${nodeType}_next`,
        data: {
          ...container(event),
          index: report.index,
          created_at: unixSeconds(event.at),
          extras: {},
          ...(nodeType === 'loop' ? { pre_loop_output: report.before } : {}),
        },
      };
    case 'rounds_completed':
      return {
        event: `${nodeType}_completed`,
        data: {
          ...container(event),
          outputs: report.outputs,
          outputs_truncated: false,
          created_at: unixSeconds(event.at - report.elapsedMs),
          extras: {},
          inputs: report.inputs,
          inputs_truncated: false,
          status: report.status,
          error: null,
          elapsed_time: elapsedSeconds(report.elapsedMs),
          total_tokens: report.usage?.tokens ?? 0,
          execution_metadata: nodeMetadata({ ...report, round: event.round }),
          finished_at: unixSeconds(event.at),
          steps: report.steps,
        },
      };
  }
}

/** Containers go by their node's id. */
function container({ nodeId, nodeType, title }: NodeReported): NodeValues {
  return { id: nodeId, node_id: nodeId, node_type: nodeType, title };
}
