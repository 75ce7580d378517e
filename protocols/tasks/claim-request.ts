// What a worker says of itself when it claims work, and how fast work may leave its queues.
import type { Machine, MachineDemand } from "./machine-demand.ts";
import type { ClaimRate } from "./resource-demand.ts";
import type { HeldSkill } from "./skill-sight.ts";
import type { LeaseRef } from "./task.ts";

export interface ClaimRequest {
  readonly node: string;
  readonly incarnation: number;
  /** Default: `["default"]`. Paused queues give nothing. */
  readonly queues?: readonly string[];
  /** Only tasks for these models are handed out. */
  readonly models: readonly string[];
  /**
   * A task is handed out when all skills that it requires are among these, as well as it requires them, and
   * what the register says that they rest on, too. Default: none.
   */
  readonly skills?: readonly HeldSkill[];
  /** Tasks with an affinity tag among these are preferred, up to one level of priority. */
  readonly tags?: readonly string[];
  readonly max: number;
  /** Tasks that demand something of a machine are handed out where this one has it. Default: to none. */
  readonly machine?: Machine;
  /** How fast tasks leave their queues; the store keeps count of it. Default: as fast as they are asked for. */
  readonly rates?: ClaimRates;
  /** Tasks with one `batchKey` that can run together; such are handed out together. Default: 1. */
  readonly batchMax?: number;
  /**
   * Who else works now. What failed on this node in a way that may be the node's fault is left to those that
   * can run it. Default: nobody.
   */
  readonly others?: readonly OtherWorkers[];
  /**
   * Who else has a free slot and is asked now. What wishes for a skill or tag that this one lacks is left to
   * those that have it, for `storeLimits.claimWishMsMax` at most. Default: nobody.
   */
  readonly free?: readonly FreeWorker[];
  /** Default: the queue's. */
  readonly leaseMs?: number;
}

/** Live workers of other nodes that take tasks and do not differ in what they can run. */
export type OtherWorkers = Pick<ClaimRequest, "models" | "skills" | "machine"> & {
  readonly queues: readonly string[];
};

/** `slots`: of its slots, those that are free; no more tasks are left to it. */
export type FreeWorker = OtherWorkers & {
  readonly tags: readonly string[];
  readonly slots: number;
};

/** By queue. What a claim takes of a rate is missing from the next ones, also after a restart. */
export type ClaimRates = Readonly<Record<string, QueueRates>>;
export interface QueueRates {
  readonly all?: ClaimRate;
  /** Of each user's tasks; those that name none are one user's. */
  readonly user?: ClaimRate;
}

/** `rates`: as the claim had them; what it took of them is given back. */
export type ReleaseRequest = LeaseRef & { readonly rates?: ClaimRates };

/** Tasks of a queue that wait and need the same of a worker. */
export interface WaitingKind {
  readonly queue: string;
  readonly model: string;
  readonly requiredSkills: readonly string[];
  /** How well each of these must be had; 0: at all. */
  readonly skillLevel: number;
  readonly machine: MachineDemand;
  /** The first of them in rank. */
  readonly taskId: string;
}
