// What a node's silence means, and what its figures mean. Pure: lengths of time and a load in, a
// verdict with its reasons out.
import type { NodeHealth, NodeLoad } from "#protocols/tasks/node.ts";

/** Heartbeats missed in a row until a node is suspect, and until it counts as offline. */
export const missedUntilSuspect = 3;
export const missedUntilOffline = 10;

export interface Presence {
  readonly status: "online" | "suspect" | "offline";
  readonly reason: string;
}

export function presenceAfterSilence(silentMs: number, heartbeatMs: number): Presence {
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

interface Bound {
  readonly of: (load: NodeLoad) => number;
  readonly strained: number;
  readonly ill: number;
  readonly say: (value: string) => string;
}

/** Beyond which a node is strained, or ill: work on it is slow, or will soon fail. */
const bounds: readonly Bound[] = [
  {
    of: (load) => load.machineCpuPercent,
    strained: 95,
    ill: Number.POSITIVE_INFINITY,
    say: (value) => `its processors are busy to ${value} %`,
  },
  {
    of: (load) => load.machineMemoryPercent,
    strained: 90,
    ill: 97,
    say: (value) => `${value} % of its memory is used`,
  },
  {
    of: (load) => load.diskPercent,
    strained: 90,
    ill: 97,
    say: (value) => `${value} % of its disk is used`,
  },
  {
    of: (load) => load.eventLoopDelayMsP99,
    strained: 200,
    ill: 1_000,
    say: (value) => `its event loop is late by ${value} ms`,
  },
  {
    of: (load) => load.crashesInMinute,
    strained: 1,
    ill: 5,
    say: (value) => `${value} of its actors crashed within a minute`,
  },
];

/** Who has not said its load yet is taken to be well. */
export function healthOf(load: NodeLoad | null): NodeHealth {
  if (load === null) return { level: "well", reasons: [] };
  const over = bounds.filter(({ of, strained }) => of(load) >= strained);
  if (over.length === 0) return { level: "well", reasons: [] };
  return {
    level: over.some(({ of, ill }) => of(load) >= ill) ? "ill" : "strained",
    reasons: over.map(({ of, say }) => say(String(Math.round(of(load))))),
  };
}
