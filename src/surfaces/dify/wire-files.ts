import { isRecord } from '../../config/is-record.ts';
import { FILE_IDENTITY } from '../../runs/file-object.ts';
import type { NodeValues } from '../../runs/workflow-event.ts';

/** Files at the top of what a node or run gives back, alone or in lists (`facts/dify-dsl-engine.md` §7.1). */
export function wireFiles(outputs: NodeValues | null): NodeValues[] {
  if (outputs === null) return [];
  return Object.values(outputs).flatMap((value) =>
    Array.isArray(value) ? value.filter(isFile) : isFile(value) ? [value] : [],
  );
}

/** `facts/dify-dsl-engine.md` §3.6. */
function isFile(value: unknown): value is NodeValues {
  return isRecord(value) && value.dify_model_identity === FILE_IDENTITY;
}
