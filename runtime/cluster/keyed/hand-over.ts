// A shard on its way to another owner, at the owner that gives it away. Pure.
//
//   hearing ── each sender holds, and all it sent has come ──► draining ── no actor lives ──► given back
//      └────────────── its time is over: it goes on without ──────────────────┘
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { ShardTenureId } from "#protocols/cluster/keyed-protocol.ts";
import { type AttachedSender, arrivedFor } from "./attached-senders.ts";

interface Awaited {
  readonly sender: AttachedSender;
  /** Messages that it has sent; undefined: it has not said so far. */
  sent: number | undefined;
}

export class HandOver {
  readonly tenure: ShardTenureId;
  readonly deadlineMs: number;
  /** Its time is over: nothing more is taken. */
  isBrokenOff = false;
  readonly #awaited = new Map<string, Awaited>();

  constructor(tenure: ShardTenureId, senders: Iterable<AttachedSender>, deadlineMs: number) {
    this.tenure = tenure;
    this.deadlineMs = deadlineMs;
    for (const sender of senders) {
      this.#awaited.set(formatNode(sender.node), { sender, sent: undefined });
    }
  }

  /** That sender holds the shard's messages from now on, after so many. */
  reported(node: NodeId, sent: number): void {
    const awaited = this.#awaited.get(formatNode(node));
    if (awaited) awaited.sent = sent;
  }

  /** Nothing more comes from it. */
  gone(node: NodeId): void {
    this.#awaited.delete(formatNode(node));
  }

  /** All that was sent here has come. */
  get hasHeardAll(): boolean {
    return this.awaitedNames.length === 0;
  }

  /** Of whom something may still come. */
  get awaitedNames(): readonly string[] {
    const { shard } = this.tenure;
    return [...this.#awaited.values()]
      .filter(({ sender, sent }) => sent === undefined || arrivedFor(sender, shard) < sent)
      .map(({ sender }) => formatNode(sender.node));
  }
}
