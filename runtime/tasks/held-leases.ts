// The leases that a worker holds and until when it may act on each. Pure.
//
// Only the store's clock decides whether a lease has ended; the worker stops by itself a little
// earlier than it could, so that a frozen worker does not go on with what another has taken over.
import type { LeaseRef, TaskLease } from "#protocols/tasks/task.ts";

/** Milliseconds between two renewals, and that a worker stops before the lease may have ended. */
const renewEveryMsMax = 2_000;
const marginMsMax = 2_000;

/** Of a short lease both are a share. */
export const renewEveryMsOf = (leaseMs: number): number =>
  Math.min(renewEveryMsMax, Math.ceil(leaseMs / 5));
export const marginMsOf = (leaseMs: number): number =>
  Math.min(marginMsMax, Math.ceil(leaseMs / 4));

export interface HeldLease {
  readonly lease: TaskLease;
  readonly abort: AbortController;
  /** On this node's `Clock.now`: past it the worker must not act for this lease. */
  endsAtMs: number;
  /** By the same clock: since when the work is to stop. */
  toldAtMs: number | undefined;
}

export class HeldLeases {
  readonly #byTask = new Map<string, HeldLease>();

  get refs(): readonly LeaseRef[] {
    return [...this.#byTask.values()].map(({ lease }) => refOf(lease));
  }

  get size(): number {
    return this.#byTask.size;
  }

  /** How often to renew so that none of them is lost. */
  get renewEveryMs(): number {
    const each = [...this.#byTask.values()].map(({ lease }) => renewEveryMsOf(lease.leaseMs));
    return Math.min(renewEveryMsMax, ...each);
  }

  /** Undefined when this very lease is held already, and when it came so late that it may have ended. */
  take(lease: TaskLease, nowMs: number): HeldLease | undefined {
    const former = this.#byTask.get(lease.taskId);
    const isSameStore = former?.lease.epoch === lease.epoch;
    if (former && isSameStore && former.lease.fence >= lease.fence) return undefined;
    const grantedAtMs = Math.min(nowMs, lease.grantedAtMs ?? nowMs);
    const endsAtMs = grantedAtMs + lease.leaseMs - marginMsOf(lease.leaseMs);
    if (former) tellToStop(former, nowMs);
    if (endsAtMs <= nowMs) {
      this.#byTask.delete(lease.taskId);
      return undefined;
    }
    const held = { lease, abort: new AbortController(), endsAtMs, toldAtMs: undefined };
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
        const { leaseMs } = held.lease;
        held.endsAtMs = sentAtMs + leaseMs - marginMsOf(leaseMs);
      }
    }
  }

  /** Aborts the work on leases that were lost, and lets go of them. */
  lose(refs: readonly LeaseRef[], nowMs: number): void {
    for (const ref of refs) {
      const held = this.#byTask.get(ref.taskId);
      if (!held || !this.holds(ref)) continue;
      tellToStop(held, nowMs);
      this.#byTask.delete(ref.taskId);
    }
  }

  /** Aborts the work on a task; the lease is held until its end was reported. */
  giveUp(taskId: string, nowMs: number): void {
    const held = this.#byTask.get(taskId);
    if (held) tellToStop(held, nowMs);
  }

  /** Aborts all work: the worker ends. */
  giveUpAll(nowMs: number): void {
    for (const held of this.#byTask.values()) tellToStop(held, nowMs);
  }

  /** Leases past their end at `nowMs`. */
  expired(nowMs: number): readonly LeaseRef[] {
    return [...this.#byTask.values()]
      .filter((held) => held.endsAtMs <= nowMs)
      .map(({ lease }) => refOf(lease));
  }
}

function tellToStop(held: HeldLease, nowMs: number): void {
  held.toldAtMs ??= nowMs;
  held.abort.abort();
}

export const refOf = ({ taskId, fence, epoch }: LeaseRef): LeaseRef => ({ taskId, fence, epoch });
