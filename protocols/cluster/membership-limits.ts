// Bounds and intervals of membership and suspicion, and how they relate. All nodes of a cluster assume
// them; the times are defaults.
import { directoryLimits } from "./directory-limits.ts";

export const membershipLimits = {
  /** Milliseconds between two heartbeats of a node. Outside of the bounds a heartbeat is refused. */
  heartbeatMs: 500,
  heartbeatMsMin: 10,
  heartbeatMsMax: 60_000,
  /** Milliseconds between two looks at what is overdue. */
  lookMs: 100,
  /** Nodes that watch one node. */
  monitorsMin: 3,
  monitors: 5,
  monitorsMax: 9,
  /** Milliseconds in which a connection is taken and greeted by a process that runs. */
  answerMs: 250,
  /** Milliseconds after which a dialling without an answer is given up and tried anew. */
  connectMsMax: 500,
  /** Milliseconds in which nobody listens at a node's address until its process counts as gone. */
  goneAfterMs: 1_500,
  /** Names in one heartbeat. More: those whom it misses come first, then the rest is left out. */
  namesMax: 64,
  /** Bytes of one heartbeat. Longer: it is refused. */
  heartbeatBytesMax: 8 * 1024,
  /** Messages that wait for the actor. Full: the oldest heartbeat is dropped, the newest says more. */
  heartbeatsWaitingMax: 8_192,
  /** Ended incarnations remembered, one a name. Full: the one that ended longest ago goes. */
  marksMax: 100_000,
  /** Suspects that a node tells the others of. More: the rest is left out, and stays its own opinion. */
  suspectsMax: 16,
  /** UTF-16 units of why it suspects one, as it tells the others. Longer: cut off. */
  reasonLengthMax: 160,
  /** Milliseconds in which news of a node's state are gathered before they are told. */
  newsMs: 20,
  /** Nodes that are members at a time; the directory refuses more sessions. */
  membersMax: 1_024,
} as const;

/** Of a node's name and incarnation as text, with its length. */
const nodeTextBytesMax = 2 + 64 + 1 + 11;

const relations: readonly (readonly [boolean, string])[] = [
  [
    membershipLimits.monitorsMin <= membershipLimits.monitors &&
      membershipLimits.monitors <= membershipLimits.monitorsMax,
    "the number of monitors is within its bounds",
  ],
  [
    membershipLimits.membersMax * 4 <= membershipLimits.heartbeatsWaitingMax,
    "a listing of all members leaves room for heartbeats",
  ],
  [membershipLimits.lookMs * 2 <= membershipLimits.heartbeatMs, "silence is seen within a beat"],
  [membershipLimits.answerMs <= membershipLimits.connectMsMax, "no answer is seen before the end"],
  [
    membershipLimits.suspectsMax * (nodeTextBytesMax + 3 * membershipLimits.reasonLengthMax + 64) <=
      directoryLimits.valueBytesMax,
    "all suspects fit into the state of a session",
  ],
  [
    (membershipLimits.namesMax + 1) * nodeTextBytesMax + 64 <= membershipLimits.heartbeatBytesMax,
    "all names fit into a heartbeat",
  ],
];
for (const [holds, statement] of relations) {
  if (!holds) {
    throw new Error(`membership-limits.ts contradicts itself: it must hold that ${statement}`);
  }
}
