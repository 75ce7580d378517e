// What a link wants done: the machine decides, the sink acts (`LinkTransport`, on a carrier's
// connections). None of these may call back into the link before they return.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Delivery, LogLevel } from "#runtime/core/ports.ts";

/** Names the way back of an incoming connection. */
export type Route = Uint8Array;

export interface LinkSink {
  /** Gives up the present connection, if any, and dials. `connected` follows, perhaps much later. */
  dial(address: string): void;
  /** Gives up the connection and dials no more. */
  hangUp(): void;
  /** Takes one frame for the dialled connection. False: hold back batches until `writable`. */
  transmit(parts: readonly Uint8Array[]): boolean;
  /** Answers on an incoming connection; the answer may get lost. */
  answer(route: Route, frame: Uint8Array): void;
  /** `bytes`: about what the message takes. A kept one is released later (`Link.released`). */
  deliver(from: NodeId, envelope: Envelope, bytes: number): Delivery;
  /** Much waits for this peer, or little again. */
  congested(isCongested: boolean): void;
  /** What the peer's engine says of itself. */
  introduced(node: NodeId, introduction: Uint8Array): void;
  up(node: NodeId): void;
  down(node: NodeId, lost: readonly Envelope[]): void;
  /** The peer will not talk to this process again. */
  refused(by: NodeId, reason: string): void;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
