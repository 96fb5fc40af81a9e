import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/client';

/** The answer that a request gets here when the stream of its answer ends without one; no server sends this code. */
export const STREAM_ENDED = -32_999;

/** A server should end the stream of an answer after the answer. One that does not loses it then. */
const LINGER_MS = 1_000;

export interface ScopedTransport {
  readonly transport: Transport;
  /** Settles when all that is being sent now has been taken, or has failed. */
  sent(): Promise<void>;
}

/**
 * A transport over HTTP whose requests end by themselves. The protocol of today cancels a request with a notification
 * and leaves the request's own connection open, for a server to close that will not answer any more; and it waits for
 * ever for an answer whose stream has ended.
 */
export function scopedTransport(inner: Transport): ScopedTransport {
  const requests = new Map<RequestId, AbortController>();
  const sending = new Set<Promise<void>>();

  function deliver(message: JSONRPCMessage): void {
    if (isJSONRPCResponse(message) && message.id !== undefined) {
      const scope = requests.get(message.id);
      requests.delete(message.id);
      if (scope !== undefined) setTimeout(() => scope.abort(), LINGER_MS).unref();
    }
    transport.onmessage?.(message);
  }

  function send(message: JSONRPCMessage, options: Parameters<Transport['send']>[1]): Promise<void> {
    if (isJSONRPCRequest(message)) {
      const { id } = message;
      const scope = new AbortController();
      requests.set(id, scope);
      const onRequestStreamEnd = () => {
        if (!requests.has(id)) return;
        deliver({ jsonrpc: '2.0', id, error: { code: STREAM_ENDED, message: 'the stream ended' } });
      };
      return inner
        .send(message, { ...options, requestSignal: scope.signal, onRequestStreamEnd })
        .catch((error) => {
          requests.delete(id);
          throw error;
        });
    }
    const sent = inner.send(message, options);
    const canceled = canceledBy(message);
    // Not once the server has taken the notification: one that hangs would not let go of the request either.
    if (canceled !== null) {
      requests.get(canceled)?.abort();
      requests.delete(canceled);
    }
    return sent;
  }

  const transport: Transport = {
    start() {
      inner.onmessage = deliver;
      inner.onerror = (error) => transport.onerror?.(error);
      inner.onclose = () => transport.onclose?.();
      return inner.start();
    },
    send(message, options) {
      const sent = send(message, options);
      const settled = sent
        .then(
          () => {},
          () => {},
        )
        .finally(() => sending.delete(settled));
      sending.add(settled);
      return sent;
    },
    close: () => inner.close(),
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
  };

  return {
    transport,
    async sent() {
      await Promise.all(sending);
    },
  };
}

function canceledBy(message: JSONRPCMessage): RequestId | null {
  if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return null;
  const id = message.params?.requestId;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
