// What operators order of nodes, and the one thing that is done without an order. What is to outlast a node is kept in the store first and then told to the
// queue, which reads it by itself when it starts anew; what only the node can do its agent is asked for.
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import type { NodeLeave, NodeOrder, NodeView } from "#protocols/tasks/node.ts";
import type { NodeHold, NodeRecord } from "#protocols/tasks/node-record.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { type Book, isHeard, type KnownNode, type Moment } from "./known-nodes.ts";
import type { NodeLedger } from "./node-ledger.ts";
import { remember } from "./node-memory.ts";
import { heardAgent, knownIn, offlineOnly } from "./node-orders.ts";
import { goneIn } from "./node-removal.ts";
import type { RegistryPartners } from "./registry-partners.ts";

export interface OrderPorts {
  readonly partners: RegistryPartners;
  book(): Book;
  moment(): Moment;
  recorded(records: readonly NodeRecord[]): void;
  removed(node: string): void;
  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** UTF-16 units of why a node was removed; longer: cut off. */
const reasonLengthMax = 200;

/** Whatever cannot be done is refused before anything has changed. */
export class OperatorOrders {
  readonly #ports: OrderPorts;
  /** Those that the store is just told to forget. */
  readonly #going = new Set<string>();
  #goneTotal = 0;

  constructor(ports: OrderPorts) {
    this.#ports = ports;
  }

  pause(order: NodeOrder): Promise<NodeView> {
    return this.#hold(this.#targetOf(order), "paused");
  }

  resume(order: NodeOrder): Promise<NodeView> {
    return this.#hold(this.#targetOf(order), null);
  }

  /** Whoever could not leave in the end is not drained either. */
  drain(order: NodeOrder): Promise<NodeView> {
    const target = this.#targetOf(order);
    return mayLeave(target.known).then(() => this.#hold(target, "draining"));
  }

  end({ node, wish, reason }: NodeOrder & Pick<NodeLeave, "wish">): Promise<Ack> {
    const agent = heardAgent(knownIn(this.#ports.book(), node));
    this.#ports.log("warn", `${node} is told to end: ${reason}`, { wish });
    return agent.leave({ wish, reason });
  }

  remove({ node, reason }: NodeOrder): Promise<Ack> {
    const { book, log, partners, removed } = this.#ports;
    offlineOnly(knownIn(book(), node));
    const ledger = partners.ledgerOrRefuse();
    log("info", `${node} is removed: ${reason}`);
    return ledger.remove(node, reason).then(() => {
      removed(node);
      return ack;
    });
  }

  /** How many were removed because they did not come back. */
  get goneTotal(): number {
    return this.#goneTotal;
  }

  /** Those that do not come back. While the store is away they stay. */
  removeGone(removeAfterMs: number): void {
    const { book, log, moment, partners, removed } = this.#ports;
    const { ledger } = partners;
    if (!ledger) return;
    for (const { view } of goneIn(book(), { ...moment(), removeAfterMs })) {
      const { name, statusReason } = view;
      if (this.#going.has(name)) continue;
      this.#going.add(name);
      const reason = `offline for ${removeAfterMs} ms: ${statusReason}`.slice(0, reasonLengthMax);
      ledger
        .remove(name, reason)
        .then(() => {
          this.#goneTotal += 1;
          log("warn", `${name} is removed: ${reason}`, { incarnation: view.incarnation });
          removed(name);
        })
        .catch((cause: unknown) =>
          log("warn", `${name} is not removed yet: ${Failure.of(cause).detail}`),
        )
        .finally(() => this.#going.delete(name));
    }
  }

  /** Refuses as a handler does, so not within a promise. */
  #targetOf(order: NodeOrder): Target {
    const known = knownIn(this.#ports.book(), order.node);
    return { order, known, ledger: this.#ports.partners.ledgerOrRefuse() };
  }

  async #hold(target: Target, hold: NodeHold["kind"] | null): Promise<NodeView> {
    const { log, moment, partners, recorded } = this.#ports;
    const { order, known, ledger } = target;
    log("info", `${order.node}: ${hold ?? "resumed"}: ${order.reason}`, { by: order.by });
    const record = await ledger.hold(known, order, hold);
    recorded([record]);
    await partners.tellQueue(record);
    const [node = known] = remember([known], record, moment());
    return node.view;
  }
}

interface Target {
  readonly order: NodeOrder;
  readonly known: KnownNode;
  readonly ledger: NodeLedger;
}

/** Of one that is not heard nobody can say; its drain ends with its life anyway. */
async function mayLeave(known: KnownNode): Promise<void> {
  const { agent } = known;
  if (!agent || !isHeard(known)) return;
  const obstacle = await agent.leaveObstacle("stay-away");
  if (obstacle !== null) throw new Failure("invalid", obstacle);
}
