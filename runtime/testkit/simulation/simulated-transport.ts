// The transport of a simulated node: the real links of its process, for the engine's port. Each message
// handed to it is one of the run's numbered operations.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import type { Agenda } from "./agenda.ts";
import type { Operations } from "./operations.ts";
import type { ProcessEvents, SimulatedProcess } from "./simulated-process.ts";

export interface TransportParts {
  readonly agenda: Agenda;
  readonly operations: Operations;
  /** Milliseconds on the node's clock. */
  readonly now: () => number;
  /** Asked late: the process is made with `events`. */
  readonly process: () => SimulatedProcess;
  /** What the node is told of messages of its own that may be lost. */
  readonly lost: (envelopes: readonly Envelope[]) => void;
  readonly noted: (what: string) => void;
}

/** Milliseconds between two looks whether all is said. */
const lookMs = 5;

export class SimulatedTransport implements Transport {
  readonly #parts: TransportParts;
  #engine: TransportEvents | undefined;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /** For the process: nothing before `start`, and nothing after the farewell. */
  get events(): ProcessEvents {
    return {
      delivered: (from, envelope) => this.#engine?.deliver(from, envelope),
      up: (node) => this.#engine?.nodeUp(node),
      down: (node, lost) => {
        this.#parts.lost(lost);
        this.#engine?.nodeDown(node, lost);
      },
      refused: (by) => this.#engine?.refused(by, "it was declared down"),
      noted: (what) => this.#parts.noted(what),
    };
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (this.#engine === undefined) return "node_down";
    const process = this.#parts.process();
    const { operations } = this.#parts;
    return operations.perform(process.name, () => process.send(to, envelope)) ?? "node_down";
  }

  start(engine: TransportEvents): Promise<void> {
    this.#engine = engine;
    return Promise.resolve();
  }

  async stop(deadlineMs: number): Promise<void> {
    const process = this.#parts.process();
    process.retire();
    await this.#until(deadlineMs, () => process.links.every((link) => link.isDrained));
    this.#engine = undefined;
    process.leave();
    const farewellEndsMs = this.#parts.now() + linkLimits.farewellMsMax;
    await this.#until(farewellEndsMs, () => process.links.every((link) => link.hasLeft));
  }

  #until(deadlineMs: number, isDone: () => boolean): Promise<void> {
    const { agenda, now } = this.#parts;
    return new Promise((resolve) => {
      const look = (): void => {
        this.#parts.process().run(() => {
          if (isDone() || now() >= deadlineMs) resolve();
          else agenda.after(lookMs, look);
        });
      };
      look();
    });
  }
}
