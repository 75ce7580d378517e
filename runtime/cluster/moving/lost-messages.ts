// What becomes of a message to a moved actor that will not be handled: its ask fails, its watch is told of
// an end, all else is a dead letter.
import { formatNode, isSameNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, birthNodeOf, type NodeKey } from "#protocols/cluster/migration.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { LossReason } from "#runtime/cluster/migration/peer-message.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import type { RemoteWatcher } from "#runtime/core/watch.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { MovingBounds } from "./moving-bounds.ts";

export interface LostPorts {
  readonly node: NodeId;
  readonly inside: Inside;
  readonly bounds: MovingBounds;
  isRemoved(node: NodeKey): boolean;
  refuse(to: NodeId, correlation: number, failure: Failure): void;
  notify(aid: ActorId, watcher: RemoteWatcher, exit: Exit): void;
}

const texts: Readonly<Record<LossReason, readonly [FailureCode, string]>> = {
  overtaken: [
    "node_down",
    "a node on its way went down, and later messages were handled before it came",
  ],
  node_down: ["node_down", "a node on its way is gone"],
  mailbox_full: ["mailbox_full", "too many messages wait for it while it moves; send less at once"],
  actor_stopped: ["actor_stopped", "it has ended"],
  unknown: ["node_down", "its node went down before it confirmed; it may have been handled"],
};

export class LostMessages {
  readonly #ports: LostPorts;
  #count = 0;

  constructor(ports: LostPorts) {
    this.#ports = ports;
  }

  get count(): number {
    return this.#count;
  }

  lost(aid: ActorId, message: CarriedMessage, reason: LossReason): void {
    if (reason === "mailbox_full") this.#ports.bounds.messageLost();
    const isGone = reason === "actor_stopped" && this.#ports.isRemoved(birthNodeOf(aid));
    const [code, why] = texts[isGone ? "node_down" : reason];
    this.failed(aid, message, new Failure(code, `a message to ${aid} was lost: ${why}`));
  }

  failed(aid: ActorId, message: CarriedMessage, failure: Failure): void {
    this.#count += 1;
    switch (message.kind) {
      case "own": {
        const { origin, selector } = message;
        if (origin?.reply) origin.reply.refuse(failure);
        else this.bury(aid, selector.name, failure);
        return;
      }
      case "envelope":
        this.#envelope(aid, message, failure);
        return;
      case "move":
      case "end":
        this.#refuse(message.from, message.correlation, failure);
        return;
      case "ended":
      case "stop":
        return;
      default:
        message satisfies never;
    }
  }

  /** Nobody waits for an answer to it. */
  bury(aid: ActorId, method: string, { code }: Failure): void {
    const to = `troupe://${aid} by way of ${formatNode(this.#ports.node)}`;
    this.#ports.inside.deadLetters.add({ reason: code, to, method });
  }

  #envelope(
    aid: ActorId,
    { envelope, from }: Extract<CarriedMessage, { kind: "envelope" }>,
    failure: Failure,
  ): void {
    switch (envelope.kind) {
      case "tell":
        this.bury(aid, envelope.method, failure);
        return;
      case "ask":
        this.#refuse(from, envelope.correlation, failure);
        return;
      case "watch": {
        const isDown = failure.code === "node_down";
        const [name = ""] = birthNodeOf(aid).split("~");
        const exit: Exit = isDown ? { kind: "node-down", node: name } : { kind: "stopped" };
        this.#ports.notify(
          aid,
          { node: from, watcher: envelope.watcher, named: envelope.to },
          exit,
        );
        return;
      }
      case "unwatch":
        return;
      default:
        envelope satisfies never;
    }
  }

  #refuse(to: NodeId, correlation: number, failure: Failure): void {
    const { asks } = this.#ports.inside;
    if (isSameNode(to, this.#ports.node)) asks.take(correlation)?.refuse(failure);
    else this.#ports.refuse(to, correlation, failure);
  }
}
