// The leases that a worker holds and until when it may act on each. Pure.
//
// Only the store's clock decides whether a lease has ended; the worker stops by itself a little
// earlier than it could, so that a frozen worker does not go on with what another has taken over.
import type { LeaseRef, TaskLease } from "#protocols/tasks/task.ts";

/** Milliseconds that a worker stops before the lease may have ended. */
const marginMs = 2_000;

export interface HeldLease {
  readonly lease: TaskLease;
  readonly abort: AbortController;
  /** On this node's `Clock.now`: past it the worker must not act for this lease. */
  endsAtMs: number;
}

export class HeldLeases {
  readonly #byTask = new Map<string, HeldLease>();

  get refs(): readonly LeaseRef[] {
    return [...this.#byTask.values()].map(({ lease }) => refOf(lease));
  }

  get size(): number {
    return this.#byTask.size;
  }

  /** Undefined when this very lease is held already. */
  take(lease: TaskLease, nowMs: number): HeldLease | undefined {
    const former = this.#byTask.get(lease.taskId);
    const isSameStore = former?.lease.epoch === lease.epoch;
    if (former && isSameStore && former.lease.fence >= lease.fence) return undefined;
    former?.abort.abort();
    const endsAtMs = nowMs + lease.leaseMs - marginMs;
    const held = { lease, abort: new AbortController(), endsAtMs };
    this.#byTask.set(lease.taskId, held);
    return held;
  }

  holds(lease: LeaseRef): boolean {
    const held = this.#byTask.get(lease.taskId)?.lease;
    return held?.fence === lease.fence && held.epoch === lease.epoch;
  }

  release(lease: LeaseRef): void {
    if (this.holds(lease)) this.#byTask.delete(lease.taskId);
  }

  /** The store extended these leases; the request was sent at `sentAtMs`. */
  renewed(refs: readonly LeaseRef[], sentAtMs: number): void {
    for (const ref of refs) {
      const held = this.#byTask.get(ref.taskId);
      if (held && this.holds(ref)) {
        held.endsAtMs = sentAtMs + held.lease.leaseMs - marginMs;
      }
    }
  }

  /** Aborts the work on leases that were lost, and lets go of them. */
  lose(refs: readonly LeaseRef[]): void {
    for (const ref of refs) {
      const held = this.#byTask.get(ref.taskId);
      if (!held || !this.holds(ref)) continue;
      held.abort.abort();
      this.#byTask.delete(ref.taskId);
    }
  }

  /** Aborts the work on a task; the lease is held until its end was reported. */
  giveUp(taskId: string): void {
    this.#byTask.get(taskId)?.abort.abort();
  }

  /** Leases past their end at `nowMs`. */
  expired(nowMs: number): readonly LeaseRef[] {
    return [...this.#byTask.values()]
      .filter((held) => held.endsAtMs <= nowMs)
      .map(({ lease }) => refOf(lease));
  }
}

export const refOf = ({ taskId, fence, epoch }: LeaseRef): LeaseRef => ({ taskId, fence, epoch });
