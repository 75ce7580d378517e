// What a node's engine is to the machines under test: actors with mailboxes and counters, of which the
// whole state travels. Every message is numbered by its sender, for each receiver from 0.
import type { ActorId, NodeKey } from "#protocols/cluster/migration.ts";
import type { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";

export interface Numbered {
  readonly from: ActorId;
  readonly to: ActorId;
  readonly number: number;
  /** Where it is: a node, a link `a>b`, or `done`. */
  where: string;
}

/** All of an actor that travels. */
export interface ActorCargo {
  readonly mailbox: Numbered[];
  readonly sent: Map<ActorId, number>;
}

export class PuppetActor {
  readonly aid: ActorId;
  readonly mailbox: Numbered[];
  readonly sent: Map<ActorId, number>;
  readonly targets = new Set<ActorId>();
  state: "running" | "in-handler" | "frozen" = "running";
  isFreezeAsked = false;

  constructor(aid: ActorId, { mailbox, sent }: ActorCargo) {
    this.aid = aid;
    this.mailbox = [...mailbox];
    this.sent = new Map(sent);
  }

  get isActive(): boolean {
    return this.state !== "frozen";
  }

  pack(): ActorCargo {
    return { mailbox: [...this.mailbox], sent: new Map(this.sent) };
  }
}

export class PuppetNode {
  readonly key: NodeKey;
  readonly actors = new Map<ActorId, PuppetActor>();
  readonly removed = new Set<NodeKey>();
  /** Actors that this node ever sent to. */
  readonly addressed = new Set<ActorId>();
  state: "up" | "cut-off" | "dead" = "up";
  desk: MigrationDesk<Numbered, ActorCargo>;

  constructor(key: NodeKey, makeDesk: (node: PuppetNode) => MigrationDesk<Numbered, ActorCargo>) {
    this.key = key;
    this.desk = makeDesk(this);
  }

  /** Ended actors and dead nodes do nothing. */
  get isRunning(): boolean {
    return this.state !== "dead";
  }
}
