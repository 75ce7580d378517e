// What a node's silence means. Pure: a length of time in, a verdict out.
import type { NodeStatus } from "#protocols/tasks/node.ts";

/** Heartbeats missed in a row until a node is suspect, and until it counts as offline. */
export const missedUntilSuspect = 3;
export const missedUntilOffline = 10;

export interface Health {
  readonly status: NodeStatus;
  readonly reason: string;
}

export function healthAfterSilence(silentMs: number, heartbeatMs: number): Health {
  const missed = Math.floor(silentMs / heartbeatMs);
  if (missed >= missedUntilOffline) {
    return { status: "offline", reason: `no heartbeat for ${missedUntilOffline} intervals` };
  }
  if (missed >= missedUntilSuspect) {
    return { status: "suspect", reason: `no heartbeat for ${missedUntilSuspect} intervals` };
  }
  return { status: "online", reason: "heartbeats arrive" };
}

/**
 * How much of the nodes' silence is the registry's own: its sweep came late, so heartbeats may wait
 * unread in its mailbox, and nobody is blamed for that time.
 */
export const excusedMs = (sweptAgoMs: number, heartbeatMs: number): number =>
  Math.max(0, sweptAgoMs - heartbeatMs);
