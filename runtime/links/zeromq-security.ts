// What a ZeroMQ socket is told about security: the one place where listeners and diallers ask,
// whether links and heartbeats have keys (`zeromq-curve.ts`) or not.
import type { Context, Dealer, Publisher, Router, Subscriber } from "zeromq";
import type { DialTarget } from "./carrier.ts";

/** Options beside the listener's own. */
export interface ListenerOptions {
  readonly context?: Context;
  readonly curveServer?: true;
  readonly curveSecretKey?: string;
  readonly zapDomain?: string;
  readonly zapEnforceDomain?: true;
}

export interface SocketSecurity {
  /** To be given when the listener is made. Fails with `unavailable` when nobody could decide who connects. */
  listenerOptions(): ListenerOptions;
  /**
   * Before the listener is bound: `end` is called once when it must close, as nobody decides any
   * more who connects. The answer forgets the listener.
   */
  attend(listener: Router | Publisher, end: () => void): () => void;
  /**
   * In place of `socket.connect`: goes on trying until it is connected or closed. What is sent before
   * its first `handshake` event may be dropped.
   */
  connect(socket: Dealer | Subscriber, target: DialTarget): void;
}

/** Without keys. */
export const plainSockets: SocketSecurity = {
  listenerOptions: () => ({}),
  attend: () => () => {},
  connect: (socket, { address }) => socket.connect(address),
};
