import { sizeUpTo } from '../config/size-up-to.ts';
import type { RunEvent } from './run-event.ts';
import type { NodeEvent } from './workflow-event.ts';

/** Sizes are counted up to here: what is larger is at its bound everywhere. */
const COUNTED = 16 * 1024 ** 2;
/** Characters of an event beside its values. */
const ABOUT = 300;

/** About how many characters an event of a workflow or its nodes holds in memory, whether it is stored or not. */
export function sizeOfEvent(event: NodeEvent | Extract<RunEvent, { kind: 'workflow_started' }>): number {
  switch (event.kind) {
    case 'workflow_started':
      return ABOUT + sizeUpTo(COUNTED, event.inputs);
    case 'node_started':
      return ABOUT;
    case 'node_reported':
      return ABOUT + sizeUpTo(COUNTED, event.report);
    case 'node_retried':
    case 'node_finished':
      return ABOUT + sizeUpTo(COUNTED, [event.inputs, event.processData, event.outputs]);
  }
}
