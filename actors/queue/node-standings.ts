// Which nodes get no new tasks, and what each has done since the store was last told. Kept apart from
// the workers, because a node that its operator holds may have none just now.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { heldUntil, type NodeRecord } from "#protocols/tasks/node-record.ts";
import type { NodeRecords, NodeWork } from "#protocols/tasks/node-records.ts";
import type { NodeHoldRequest } from "#protocols/tasks/queue.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import type { PooledWorker, WorkerPool } from "./worker-pool.ts";

export type NodeBook = Pick<Ref<NodeRecords>, "nodes" | "countNodeWork">;

interface Standing {
  readonly until: number;
  /** An operator's: it is kept also when no other node is left. */
  readonly isWished: boolean;
}

type Tally = Omit<NodeWork, "node">;

/** Whose fault it is not: the task's own, its sender's, or of those who cancelled it. */
const blameless: ReadonlySet<FailureClass> = new Set(["validation", "auth", "cancelled"]);
const nothing: Tally = { completed: 0, failed: 0, runMs: 0, faults: 0 };

export class NodeStandings {
  readonly #held = new Map<string, Standing>();
  #tallies = new Map<string, Tally>();

  hold({ node, until, isWished }: NodeHoldRequest): void {
    if (until === null) this.#held.delete(node);
    else this.#held.set(node, { until, isWished });
  }

  /** Those that may get tasks; with a quarantine, too, where nobody else is left. */
  open(pool: Pick<WorkerPool, "all" | "idle">, now: number): readonly PooledWorker[] {
    const asked = pool.idle();
    if (this.#held.size === 0 || asked.length === 0) return asked;
    const isFree = ({ node }: PooledWorker): boolean => !this.#isHeld(node, now);
    const { all } = pool;
    if (all.some(isFree)) return asked.filter(isFree);
    return asked.filter(({ node }) => !this.#held.get(node)?.isWished);
  }

  /** By an operator: what was claimed for it meanwhile is given back. */
  isClosed(node: string): boolean {
    return this.#held.get(node)?.isWished ?? false;
  }

  completed(node: string, runMs: number): void {
    if (node === stepsNode) return;
    const { completed, failed, runMs: sum } = this.#tallies.get(node) ?? nothing;
    this.#tallies.set(node, { completed: completed + 1, failed, runMs: sum + runMs, faults: 0 });
  }

  failed(node: string, why: FailureClass): void {
    if (node === stepsNode) return;
    const tally = this.#tallies.get(node) ?? nothing;
    const faults = tally.faults + (blameless.has(why) ? 0 : 1);
    this.#tallies.set(node, { ...tally, failed: tally.failed + 1, faults });
  }

  /** The store, once it has said who is held. */
  async recallFrom<B extends NodeBook>(found: Promise<B>): Promise<B> {
    const book = await found;
    let after: string | undefined;
    for (;;) {
      const limit = storeLimits.recordPageMax;
      const page = await book.nodes({ ...(after === undefined ? {} : { after }), limit });
      for (const record of page) this.#note(record);
      after = page.at(-1)?.node;
      if (page.length < limit) return book;
    }
  }

  /** Tells the store what the nodes have done; what it does not take is told again. */
  report(book: NodeBook, troubled: (failure: FailureData) => void): void {
    const told = this.#tallies;
    this.#tallies = new Map();
    for (const [node, tally] of told) {
      book.countNodeWork({ node, ...tally }).then(
        // Who is not known registers soon, and is counted then.
        (answer) => (answer.kind === "saved" ? this.#note(answer.node) : this.#keep(node, tally)),
        (cause: unknown) => {
          this.#keep(node, tally);
          troubled(Failure.of(cause).toData());
        },
      );
    }
  }

  #isHeld(node: string, now: number): boolean {
    return (this.#held.get(node)?.until ?? 0) > now;
  }

  #note({ node, hold, quarantinedUntil }: NodeRecord): void {
    const until = heldUntil({ isHeld: hold !== null, quarantinedUntil });
    if (until === null) this.#held.delete(node);
    else this.#held.set(node, { until, isWished: hold !== null });
  }

  #keep(node: string, former: Tally): void {
    const later = this.#tallies.get(node) ?? nothing;
    const faults = later.completed > 0 ? later.faults : former.faults + later.faults;
    this.#tallies.set(node, {
      completed: former.completed + later.completed,
      failed: former.failed + later.failed,
      runMs: former.runMs + later.runMs,
      faults,
    });
  }
}
