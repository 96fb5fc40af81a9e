import type { OutboundRule } from '../../config/outbound-rule.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { FileValue } from './values/file-value.ts';

/** The world as nodes know it. Whoever starts a run supplies it; a kind that needs more of the world adds it here. */
export interface WorkflowServices {
  /** Runs the code of code nodes. */
  readonly sandbox: Sandbox;
  /** Whose code it is: an app's id. */
  readonly tenant: string;
  /** The way to the network for HTTP nodes, and the exceptions of the guard that hold for this app. */
  readonly outbound: Outbound;
  readonly allow: readonly OutboundRule[];
  readonly files: WorkflowFiles;
  readonly clock: Clock;
  /** A new UUID. */
  newId(): string;
}

export interface WorkflowFiles {
  /** @throws when there is no such file, or it is larger than `maxBytes` */
  read(file: FileValue, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** Keeps a file that a node has made or fetched. */
  save(
    file: { readonly bytes: Uint8Array; readonly filename: string; readonly mimeType: string },
    options: { signal: AbortSignal },
  ): Promise<FileValue>;
}

export interface Clock {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Resolves later, rejects with `signal.reason` on abort. */
  sleep(ms: number, options: { signal: AbortSignal }): Promise<void>;
}
