// What the schema cannot say of `membership`: a session must outlast some heartbeats. Pure.
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import type { MembershipDocument } from "#protocols/outside/topology-links.ts";

export const sessionMsDefault = 15_000;

/** With fewer a node is given up before its silence can be told from a late heartbeat. */
const heartbeatsPerSession = 3;

export function membershipProblems(membership: MembershipDocument = {}): readonly Problem[] {
  const { heartbeatMs = membershipLimits.heartbeatMs, sessionMs = sessionMsDefault } = membership;
  const sessionMsLeast = heartbeatMs * heartbeatsPerSession;
  if (sessionMs >= sessionMsLeast) return [];
  const most = Math.floor(sessionMs / heartbeatsPerSession);
  const rule = `a session lasts at least ${heartbeatsPerSession} heartbeats`;
  return [
    {
      path: ["membership", "heartbeatMs"],
      at: "value",
      message: `is ${heartbeatMs}, and sessionMs is ${sessionMs}: ${rule}`,
      remedy: `write at most ${most}, or sessionMs: ${sessionMsLeast}`,
    },
  ];
}
