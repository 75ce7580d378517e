// What a system is made of: its node, the ports through which the engine meets the machine, and how
// it treats failures, messages and whoever looks on.
import type { NodeId } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { MessageCare } from "./message-care.ts";
import type { Observer } from "./observer.ts";
import type { Clock, Executor, Log, Random, Timers, Transport } from "./ports.ts";
import type { SupervisionSpec } from "./supervision.ts";

export interface SystemOptions {
  readonly node: NodeId;
  /** What its actors know as their node. Default: `node`; of a thread it is that of its process. */
  readonly home?: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly executor: Executor;
  readonly log: Log;
  readonly transport: Transport;
  /** Protocols of refs that may arrive from other nodes, beside those of actors spawned here. */
  readonly protocols?: readonly Protocol<unknown>[];
  readonly supervise?: SupervisionSpec;
  /** Sees everything that happens to messages and actors. Default: nobody, at no cost. */
  readonly observer?: Observer;
  /** For development: `frozenMessages` or `copiedMessages`. Default: messages pass by reference. */
  readonly messages?: MessageCare;
  /** The root guardian gave up: end the node. It is called in the midst of a turn and must not throw. */
  readonly fatal: (failure: Failure) => void;
}
