import type { Transport } from '@modelcontextprotocol/client';

/** A way to a server, over which the protocol is spoken once. */
export interface Channel {
  readonly transport: Transport;
  /** Why the way broke off, in more than the protocol knows of it; null: nothing is known. */
  takeFailure(): Error | null;
  /** What the server says is wrong with it, while nothing else has come from it; empty: nothing. */
  complaint(): string;
  /** True once the server is known to have forgotten us, or cannot be heard any more. */
  isLost(): boolean;
  /** Lets what is on its way arrive, and ends the session at the server. */
  leave(): Promise<void>;
}
