// Each rule of moving, broken on purpose, as a part that the machines are given instead of the proper
// one. The random runs must notice every one of them.
import type { ActorId } from "#protocols/cluster/migration.ts";
import { ArrivalGate, type Gate, type GateParts } from "#runtime/cluster/migration/arrival-gate.ts";
import {
  type Forward,
  ForwardingTable,
  type Forwards,
} from "#runtime/cluster/migration/forwarding-table.ts";
import type { MovedUids } from "#runtime/cluster/migration/moved-uids.ts";
import type { StreamItem } from "#runtime/cluster/migration/peer-message.ts";
import {
  type OwnItem,
  type PositionPorts,
  StreamPositions,
} from "#runtime/cluster/migration/stream-positions.ts";
import type { Numbered, PuppetNode } from "./migration-actors.ts";
import type { Wire } from "./puppet-links.ts";
import type { BrokenRules } from "./world-terms.ts";

type Parts = GateParts<Numbered>;
type Item = StreamItem<Numbered>;

class FlushlessPositions extends StreamPositions {
  override learn(...args: Parameters<StreamPositions["learn"]>): OwnItem | undefined {
    super.learn(...args);
    return undefined;
  }
}

class StartlessPositions extends StreamPositions {
  override stamp(aid: ActorId): ReturnType<StreamPositions["stamp"]> {
    const { node, header } = super.stamp(aid);
    return { node, header: { ...header, start: false } };
  }
}

class HoldlessGate extends ArrivalGate<Numbered> {
  override offer(item: Item): void {
    super.offer({ ...item, version: 0 });
  }
}

/** What a removed node had sent comes in, by whatever way. */
const trustfulGate = (parts: Parts): Gate<Numbered> =>
  new ArrivalGate({ ...parts, isRemoved: () => false });

class ShortcutTable extends ForwardingTable {
  readonly #node: PuppetNode;

  constructor(uids: MovedUids, node: PuppetNode) {
    super(uids);
    this.#node = node;
  }

  override find(aid: ActorId, epoch: number): Forward | undefined {
    const forward = super.find(aid, epoch);
    const here = this.#node.desk.inspect(aid);
    const newest = here ? { node: this.#node.key, epoch: here.epoch } : this.newest(aid);
    return forward && newest && newest.epoch > epoch ? { ...forward, next: newest } : forward;
  }
}

const items = (
  from: PuppetNode,
  commit: Wire & { kind: "commit" },
  messages: readonly Numbered[],
) =>
  messages.map((message): Wire => {
    const { aid, epoch } = commit;
    const header = { aid, epoch, origin: from.key, version: 0, start: false };
    return { kind: "item", item: { ...header, body: { kind: "message", message } } };
  });

const sendingMailboxLast = (): BrokenRules => {
  const mailboxes = new Map<ActorId, readonly Numbered[]>();
  return {
    send: (from, _, wire) => {
      if (wire.kind === "transfer") {
        mailboxes.set(wire.aid, wire.cargo.mailbox);
        return [{ ...wire, cargo: { ...wire.cargo, mailbox: [] } }];
      }
      return wire.kind === "commit"
        ? [wire, ...items(from, wire, mailboxes.get(wire.aid) ?? [])]
        : [wire];
    },
  };
};

const positions = (make: (ports: PositionPorts) => StreamPositions): BrokenRules => ({
  parts: () => ({ makePositions: make }),
});
const gate = (make: (parts: Parts) => Gate<Numbered>): BrokenRules => ({
  parts: () => ({ makeGate: make }),
});

/** Noticed though nobody dies. */
export const brokenInPeace: Readonly<Record<string, () => BrokenRules>> = {
  "no flush": () => ({
    parts: () => ({
      makePositions: (ports) => new FlushlessPositions(ports),
      makeGate: (parts) => new HoldlessGate(parts),
    }),
  }),
  "no flush, but a hold": () => positions((ports) => new FlushlessPositions(ports)),
  "no hold": () => gate((parts) => new HoldlessGate(parts)),
  "no barrier": () => ({ targets: () => [] }),
  "a barrier that skips the actor itself": () => ({
    targets: (aid, targets) => targets.filter((target) => target !== aid),
  }),
  "mailbox after the commit": sendingMailboxLast,
  "shortcut along the path": () => ({
    parts: (node) => ({ makeForwards: (uids): Forwards => new ShortcutTable(uids, node) }),
  }),
  "post-freeze messages after the commit": () => ({
    send: (from, _, wire) =>
      wire.kind === "commit"
        ? [{ ...wire, postFreeze: [] }, ...items(from, wire, wire.postFreeze)]
        : [wire],
  }),
  "no start flag": () => positions((ports) => new StartlessPositions(ports)),
};

/** Noticed only where nodes end. */
export const brokenInDeath: Readonly<Record<string, () => BrokenRules>> = {
  "stragglers of removed nodes are let in": () => gate(trustfulGate),
  "a directory that fences nobody": () => ({ directory: "unfenced" }),
  "a source that runs on without voiding its copy": () => ({
    send: (from, to, wire) => {
      if (wire.kind !== "abort") return [wire];
      from.desk.received(to.key, { ...wire, kind: "aborted" });
      return [];
    },
  }),
};
