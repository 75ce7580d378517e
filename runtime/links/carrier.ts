// The port under the links: connections that carry frames, and nothing more. A carrier may lose,
// repeat and reorder what it carries and need tell nobody; the links make a reliable stream of it.
// `zeromq-carrier.ts` opens it on sockets, the simulation on its network.
import type { DialEventName } from "./dial-evidence.ts";
import type { Route } from "./link-sink.ts";

export interface DialEvents {
  connected(): void;
  /** The connection broke; it is of no use any more. */
  disconnected(): void;
  received(parts: readonly Buffer[]): void;
  /** After `send` returned false: there is room again. */
  writable(): void;
  /** What the dialling shows of its peer, where the carrier can tell. Before any of the others. */
  dialEvent?(event: DialEventName): void;
}

/** A connection that was dialled. It tries until it is connected or closed, and breaks once. */
export interface Dialled {
  /** Takes the frame; its memory must not change any more. False when too many wait already. */
  send(parts: readonly Uint8Array[]): boolean;
  /** Nothing comes from it afterwards; what waits in it is dropped. */
  close(): void;
}

export interface Listening {
  /** Where it is bound, with the port that was chosen for `*`. */
  readonly address: string;
  /** Sends a frame back on an incoming connection; it may get lost. */
  answer(route: Route, frame: Uint8Array): void;
  /** Ends every connection that came in; who may connect again, does. */
  cut?(): Promise<void>;
  close(): void;
}

export interface DialTarget {
  /** The name of the node that must answer. */
  readonly peer: string;
  readonly address: string;
}

export interface Carrier {
  /** Fails with `unavailable` when the address cannot be bound. */
  listen(
    address: string,
    received: (route: Route, parts: readonly Buffer[]) => void,
  ): Listening | Promise<Listening>;
  dial(target: DialTarget, events: DialEvents): Dialled;
}
