import type { WorkflowMode } from './app.ts';

/**
 * Reads the graph of a workflow, which only its engine understands: whoever reads apps is given one (`readApp`). Without
 * one, workflows are not served.
 */
export type WorkflowReader = (graph: unknown, mode: WorkflowMode) => WorkflowReading;

export interface WorkflowReading {
  /** Why it could never run; `nodeId` null: it is about no single node. */
  readonly problems: readonly { readonly nodeId: string | null; readonly message: string }[];
  /** What its nodes use of the server, in the order of the graph. */
  readonly needs: readonly (WorkflowNeed & { readonly nodeId: string })[];
  /** What it does that its author may not know of. */
  readonly warnings?: readonly { readonly nodeId: string; readonly message: string }[];
  /** The variables that its answers and ends give to clients as they are. */
  readonly says?: readonly { readonly nodeId: string; readonly selector: readonly string[] }[];
}

export type WorkflowNeed =
  | {
      readonly kind: 'model';
      readonly provider: string;
      readonly name: string;
      readonly mode: 'chat' | 'completion';
    }
  | {
      readonly kind: 'tool';
      readonly tool: {
        readonly providerType: string;
        readonly providerId: string;
        readonly providerName: string;
        readonly tool: string;
        readonly label: string;
      };
    }
  | { readonly kind: 'dataset'; readonly id: string }
  /** Of Python, by the name it is imported under. */
  | { readonly kind: 'package'; readonly name: string };
