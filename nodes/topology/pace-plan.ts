// The profiles of a topology: how soon what falls silent is given up. Pure.
//
// Shorter times find a loss sooner and believe in one more often that is none: a node that is only slow
// loses its tasks, and they are run twice. What is committed is committed once all the same.
import type { ProfileName } from "#protocols/outside/topology.ts";

export interface PacePlan {
  /** Of queues that say none themselves; null: what is set in the store stays. */
  readonly leaseMs: number | null;
  /** Between two reports of a node to the registry, which suspects it after three. */
  readonly reportMs: number;
  /** Between two heartbeats of a member, where `membership` says nothing. null: as the runtime has it. */
  readonly heartbeatMs: number | null;
}

const profiles: Readonly<Record<ProfileName, PacePlan>> = {
  default: { leaseMs: 15_000, reportMs: 1_000, heartbeatMs: null },
  fast: { leaseMs: 2_000, reportMs: 400, heartbeatMs: 200 },
};

/** Only a profile that is stated sets leases: without one the store's own settings stand. */
export const paceOf = (profile: ProfileName | undefined): PacePlan =>
  profile === undefined ? { ...profiles.default, leaseMs: null } : profiles[profile];
