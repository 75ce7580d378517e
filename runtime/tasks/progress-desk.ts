// Tells the store how far tasks have come: of each task the newest report, one at a time, so that a
// handler may report as often as it likes. The store writes progress once a second and keeps nothing of what
// comes between, so that a newer report waits here until it will be kept, or goes along with the end of its
// attempt. What the store found early all the same is told it again.
//
//   report ─► newest ──once in 1.1 s──► store.progress
//                └───────with the end─► complete, fail, park: one commit, nothing to overtake
//
// Share and message go with the end in any case, since the store may not have kept them; a checkpoint only if
// the store has not said that it has it.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { TaskStore } from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { refusalOf } from "./reached-bounds.ts";

export interface ProgressPorts {
  /** The cluster's store; may be looked for each time. */
  store(): Promise<Ref<TaskStore>>;
  /** The store says that the lease is another's. */
  lost(lease: LeaseRef): void;
  /** Whether a report still means something. */
  holds(lease: LeaseRef): boolean;
  /** Resolves after so many milliseconds; fails when whoever tells has ended. */
  rest(ms: number): Promise<void>;
  /** A report did not reach the store. */
  missed(failure: Failure): void;
}

/** Longer than the store lets pass between two writes of one task's progress. */
const restMs = 1_100;

/** How far one attempt is, from its first report until nobody asks any more. */
interface Line {
  readonly lease: LeaseRef;
  newest: Pick<Reached, "progress" | "message">;
  /** That the store is not known to have. */
  checkpoint: Uint8Array | undefined;
  /** So often the share began anew, that the store is not known to have. */
  resets: number;
  isNews: boolean;
  isTelling: boolean;
  /** Its attempt ends, and what is here goes along with that. */
  isEnding: boolean;
}

export class ProgressDesk {
  readonly #ports: ProgressPorts;
  /** By task: of its newest attempt here. */
  readonly #lines = new Map<string, Line>();
  #store: Ref<TaskStore> | undefined;
  #refused = 0;

  constructor(ports: ProgressPorts) {
    this.#ports = ports;
  }

  /** Reports that were beyond a bound. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Fails with `invalid` for a share that is none, and with `too_large` for a message or checkpoint beyond its
   * bound; otherwise the caller need not wait. The bytes are copied, and the caller's again.
   */
  report(lease: LeaseRef, reached: Reached): void {
    const line = this.#kept(lease, reached);
    if (line && !line.isTelling) void this.#tell(line);
  }

  /** As `report`, of a moment right before the end: goes with that alone. */
  note(lease: LeaseRef, reached: Reached): void {
    this.#kept(lease, reached);
  }

  /** What is to go along with the end of the attempt; from now on nothing else is told of it. */
  end(lease: LeaseRef): Reached | undefined {
    const line = this.#lineOf(lease);
    if (line) line.isEnding = true;
    return line && reachedOf(line);
  }

  /** What is to go along with a question that may end the attempt. */
  reached(lease: LeaseRef): Reached | undefined {
    const line = this.#lineOf(lease);
    return line && reachedOf(line);
  }

  /** The attempt is over. */
  forget(lease: LeaseRef): void {
    if (this.#lineOf(lease)) this.#lines.delete(lease.taskId);
  }

  #kept(lease: LeaseRef, reached: Reached): Line | undefined {
    const refusal = refusalOf(lease.taskId, reached);
    if (refusal?.code === "too_large") this.#refused += 1;
    if (refusal) throw refusal;
    const former = this.#lineOf(lease);
    if (former?.isEnding || !this.#ports.holds(lease)) return undefined;
    const { message, checkpoint, isReset = false } = reached;
    const newest = { progress: shareOf(former, reached), message };
    const fresh = { resets: 0, isNews: true, isTelling: false, isEnding: false };
    const line = former ?? { lease, newest, checkpoint: undefined, ...fresh };
    line.newest = newest;
    if (isReset) line.resets += 1;
    line.isNews = true;
    // Whoever reports may write over the bytes at once.
    if (checkpoint) line.checkpoint = new Uint8Array(checkpoint);
    this.#lines.set(lease.taskId, line);
    return line;
  }

  #lineOf({ taskId, fence, epoch }: LeaseRef): Line | undefined {
    const line = this.#lines.get(taskId);
    return line?.lease.fence === fence && line.lease.epoch === epoch ? line : undefined;
  }

  async #tell(line: Line): Promise<void> {
    line.isTelling = true;
    while (line.isNews && this.#isCurrent(line)) {
      line.isNews = false;
      await this.#tellOnce(line);
      if (!(await this.#hasRested())) break;
    }
    line.isTelling = false;
  }

  async #tellOnce(line: Line): Promise<void> {
    const { lease, checkpoint, resets } = line;
    try {
      this.#store ??= await this.#ports.store();
      const { kind } = await this.#store.progress({ lease, ...reachedOf(line) });
      // The end may have been faster than the report, which is no loss.
      if (kind === "lost" && this.#isCurrent(line)) this.#ports.lost(lease);
      if (kind === "lost") return;
      if (kind === "early") line.isNews = true;
      if (line.checkpoint === checkpoint) line.checkpoint = undefined;
      line.resets -= resets;
    } catch (cause) {
      this.#store = undefined;
      const failure = Failure.of(cause);
      line.isNews ||= checkpoint !== undefined && failure.isRetryable;
      this.#ports.missed(failure);
    }
  }

  /** Forgets what nobody will ask for. */
  #isCurrent(line: Line): boolean {
    if (line.isEnding) return false;
    if (this.#ports.holds(line.lease)) return true;
    this.forget(line.lease);
    return false;
  }

  /** False: nobody is there any more for whom something could be told. */
  async #hasRested(): Promise<boolean> {
    try {
      await this.#ports.rest(restMs);
      return true;
    } catch {
      return false;
    }
  }
}

const reachedOf = ({ newest, checkpoint, resets }: Line): Reached => ({
  ...newest,
  ...(checkpoint && { checkpoint }),
  ...(resets > 0 && { isReset: true }),
});

/** What is told as a reset goes back to any share: after the reset itself none may. */
const shareOf = (former: Line | undefined, { progress, isReset = false }: Reached): number =>
  former && former.resets > 0 && !isReset ? Math.max(former.newest.progress, progress) : progress;
