// The transport of a simulated node: that of its process, for the engine's port. Each message handed to
// it is one of the run's numbered operations.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import type { Operations } from "./operations.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

export interface TransportParts {
  readonly operations: Operations;
  /** Asked late: the engine is made before its process. */
  readonly process: () => SimulatedProcess;
  /** What the node is told of messages of its own that may be lost. */
  readonly lost: (envelopes: readonly Envelope[]) => void;
}

export class SimulatedTransport implements Transport {
  readonly #parts: TransportParts;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    const { operations, process } = this.#parts;
    const own = process();
    return operations.perform(own.name, () => own.send(to, envelope)) ?? "node_down";
  }

  released(from: NodeId, messages: number, bytes: number): void {
    this.#parts.process().transport.released(from, messages, bytes);
  }

  start(events: TransportEvents): Promise<void> {
    return this.#parts.process().begin({
      deliver: (from, envelope, bytes) => events.deliver(from, envelope, bytes),
      nodeUp: (node) => events.nodeUp(node),
      nodeDown: (node, lost) => {
        this.#parts.lost(lost);
        events.nodeDown(node, lost);
      },
      refused: (by, reason) => events.refused(by, reason),
      congested: (node, isCongested) => events.congested(node, isCongested),
      introduced: (node, introduction) => events.introduced(node, introduction),
      introduction: () => events.introduction(),
    });
  }

  stop(deadlineMs: number): Promise<void> {
    const { process } = this.#parts;
    process().retire();
    return process().transport.stop(deadlineMs);
  }
}
