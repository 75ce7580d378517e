// The protocol of a gateway: the actor that answers HTTP for the cluster. `drain` and `address` are
// for the node that runs it; the rest are messages that it sends to itself.
import Type from "typebox";
import type { Ref } from "../actor-ref.ts";
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import { refOf } from "../schema.ts";
import { NodeRegistry } from "./node.ts";
import { Queue } from "./queue.ts";

/** The names under which a gateway looks up the actors that it speaks to. */
export type GatewayNeed = "queue" | "node-registry";

interface Problem {
  readonly code: string;
  readonly detail: string;
}

export interface Gateway {
  /**
   * Refuses new repairs with 503 from now on, and answers when none is in flight any more, or
   * shortly before the ask's deadline with the number that still is.
   */
  drain(): { readonly inFlight: number };
  address(): { readonly url: string };
  /** Sends repairs to another model from now on. */
  useModel(model: string): Ack;

  lookUp(need: GatewayNeed): void;
  queueFound(queue: Ref<Queue>): void;
  queueMissing(problem: Problem): void;
  registryFound(registry: Ref<NodeRegistry>): void;
  registryMissing(problem: Problem): void;
  drainEnds(): void;
  requestFailed(problem: Problem & { readonly method: string; readonly path: string }): void;
}

const Text = Type.String({ maxLength: 16_384 });

export const Gateway = protocol<Gateway>("tasks.Gateway@1", {
  drain: ask({ within: 30_000 }),
  address: ask,
  useModel: ask,
  lookUp: tell,
  queueFound: tell,
  queueMissing: tell,
  registryFound: tell,
  registryMissing: tell,
  drainEnds: tell,
  requestFailed: tell,
}).checked({
  useModel: [Type.String({ minLength: 1, maxLength: 64 })],
  lookUp: [Type.Union([Type.Literal("queue"), Type.Literal("node-registry")])],
  queueFound: [refOf(Queue)],
  queueMissing: [Type.Object({ code: Text, detail: Text })],
  registryFound: [refOf(NodeRegistry)],
  registryMissing: [Type.Object({ code: Text, detail: Text })],
  requestFailed: [Type.Object({ code: Text, detail: Text, method: Text, path: Text })],
});
