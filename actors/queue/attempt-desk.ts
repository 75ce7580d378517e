// The ends of attempts on their way into the store: the QueueManager hears what became of each as a
// message of its own, its node's record tells of it, and whoever reported it is answered.
import { Failure } from "#protocols/failure.ts";
import type { CompletionReport, FailureReport } from "#protocols/tasks/queue.ts";
import type { CommitResult, FailResult } from "#protocols/tasks/store.ts";
import type { TaskLease, TaskOutcome } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import type { Context } from "#runtime/core/context.ts";
import { checkLeaseSize } from "./lease-size.ts";
import type { NodeStandings } from "./node-standings.ts";
import { outcomeOf } from "./outcome.ts";
import type { Own } from "./own-messages.ts";
import type { StoreDoor } from "./store-door.ts";
import type { SweepAlarm } from "./sweep-alarm.ts";
import type { CompletedAttempt } from "./wait-tally.ts";
import type { Ending } from "./worker-pool.ts";

type DeskContext = Pick<Context<unknown, Own>, "send" | "log">;

export interface AttemptDeskParts {
  readonly store: StoreDoor;
  readonly standings: NodeStandings;
  readonly completed: (attempt: CompletedAttempt) => void;
  readonly sweeps: Pick<SweepAlarm, "dueAt">;
}

/** An end of which the store is being told. */
interface ToldEnd<R> {
  readonly end: Ending;
  readonly stored: Promise<R>;
  /** How the task has ended, if it has and the answer says so. */
  outcomeIn(result: R): TaskOutcome | undefined;
}

export class AttemptDesk {
  readonly #parts: AttemptDeskParts;

  constructor(parts: AttemptDeskParts) {
    this.#parts = parts;
  }

  /** What cannot be sent to its worker has failed: it would stay behind until its lease is over, each time anew. */
  handOver(
    ctx: DeskContext,
    { node, ref }: { readonly node: string; readonly ref: Pick<Worker, "run"> },
    lease: TaskLease,
  ): void {
    try {
      checkLeaseSize(lease);
      ref.run(lease);
    } catch (cause) {
      const { taskId, fence, epoch } = lease;
      const { code, detail } = Failure.of(cause);
      const failure = { code, detail, class: "validation" } as const;
      // When the store cannot be told, its lease ends by itself.
      this.fail(ctx, { node, lease: { taskId, fence, epoch }, failure }).catch(() => undefined);
    }
  }

  /** What the store said. Rejects as the store does; then its worker still holds the task. */
  complete(ctx: DeskContext, { node, ...report }: CompletionReport): Promise<CommitResult> {
    const { completed, store, standings } = this.#parts;
    const { lease, result } = report;
    const stored = store.ask((open) => open.complete(report));
    const outcomeIn = (commit: CommitResult) => {
      if (commit.kind !== "lost") {
        standings.completed(node, commit.runMs);
        completed(commit);
      }
      return outcomeOf(lease, commit, result);
    };
    return whenStored(ctx, { end: { node, lease }, stored, outcomeIn });
  }

  /** As `complete`. */
  fail(ctx: DeskContext, { node, ...report }: FailureReport): Promise<FailResult> {
    const { store, standings, sweeps } = this.#parts;
    const { lease, failure } = report;
    const stored = store.ask((open) => open.fail(report));
    const outcomeIn = (result: FailResult) => {
      if (result.kind === "retried") sweeps.dueAt(result.runAt);
      if (result.kind !== "lost") standings.failed(node, failure.class);
      return undefined;
    };
    return whenStored(ctx, { end: { node, lease }, stored, outcomeIn });
  }
}

async function whenStored<R extends CommitResult | FailResult>(
  ctx: DeskContext,
  { end, stored, outcomeIn }: ToldEnd<R>,
): Promise<R> {
  ctx.send("ending", end);
  try {
    const result = await stored;
    ctx.send("finished", { ...end, outcome: outcomeIn(result) });
    if (result.kind === "lost") {
      const { taskId, fence } = end.lease;
      const text = `${end.node} reported ${taskId} under an old lease; refused`;
      ctx.log("warn", text, { code: "lease_lost", fence });
    }
    return result;
  } catch (cause) {
    ctx.send("notEnded", end);
    throw cause;
  }
}
