// Which nodes get no new tasks, and what each has done since the store was last told. Kept apart from
// the workers, because a node that its operator holds may have none just now.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import { heldUntil, type NodeRecord } from "#protocols/tasks/node-record.ts";
import type { NodeRecords, NodeWork } from "#protocols/tasks/node-records.ts";
import type { NodeHoldRequest } from "#protocols/tasks/queue.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import type { NodeFault } from "#protocols/tasks/store.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import type { PooledWorker } from "./pooled-worker.ts";
import type { WorkerPool } from "./worker-pool.ts";

export type NodeBook = Pick<Ref<NodeRecords>, "nodes" | "countNodeWork">;

interface Standing {
  readonly until: number;
  /** An operator's: it is kept also when no other node is left. */
  readonly isWished: boolean;
}

type Tally = Omit<NodeWork, "node">;

const nothing: Tally = { completed: 0, failed: 0, runMs: 0, faults: 0 };

export class NodeStandings {
  readonly #held = new Map<string, Standing>();
  /** By node: the last word that came on its own, and not as the answer to a report. */
  readonly #told = new Map<string, object>();
  /** Whose worker has lost leases and was not heard since: what it loses further is of the same silence. */
  readonly #silent = new Set<string>();
  #tallies = new Map<string, Tally>();

  /** Its worker lives: what it loses from now on is another matter. */
  heard(node: string): void {
    this.#silent.delete(node);
  }

  hold({ node, until, isWished }: NodeHoldRequest): void {
    this.#told.set(node, {});
    if (until === null) this.#held.delete(node);
    else this.#held.set(node, { until, isWished });
  }

  /** Those that may get tasks; with a quarantine, too, where nobody else is left for their models. */
  open(pool: Pick<WorkerPool, "all" | "idle">, now: number): readonly PooledWorker[] {
    const asked = pool.idle();
    if (this.#held.size === 0 || asked.length === 0) return asked;
    const free = pool.all.filter(({ node }) => !this.isHeld(node, now));
    const served = new Set(free.flatMap(({ models }) => models));
    return asked.filter(
      ({ node, models }) =>
        !this.isHeld(node, now) ||
        (!this.isClosed(node) && models.some((model) => !served.has(model))),
    );
  }

  /** Whether it is in quarantine, or kept out by an operator. */
  isHeld(node: string, now: number): boolean {
    return (this.#held.get(node)?.until ?? 0) > now;
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
    this.lost({ node, class: why, attempts: 1, isBlamed: true });
  }

  /** Attempts that came to nothing; what was given up has not failed. */
  lost({ node, class: why, attempts, isBlamed }: NodeFault): void {
    if (node === stepsNode || why === "cancelled") return;
    const tally = this.#tallies.get(node) ?? nothing;
    const isKnown = why === "node_lost" && this.#silent.has(node);
    if (why === "node_lost") this.#silent.add(node);
    const isFault = isBlamed && !isKnown && failureStrategies[why].blames === "node";
    const faults = tally.faults + (isFault ? 1 : 0);
    this.#tallies.set(node, { ...tally, failed: tally.failed + attempts, faults });
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
      const word = this.#told.get(node);
      book.countNodeWork({ node, ...tally }).then(
        (answer) => {
          // Who is not known registers soon, and is counted then.
          if (answer.kind !== "saved") this.#keep(node, tally);
          // A newer word stands; whether the answer knows more, the next one tells.
          else if (this.#told.get(node) !== word) this.#keep(node, nothing);
          else this.#note(answer.node);
        },
        (cause: unknown) => {
          this.#keep(node, tally);
          troubled(Failure.of(cause).toData());
        },
      );
    }
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
