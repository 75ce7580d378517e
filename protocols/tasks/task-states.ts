// The states of a task and the moves between them; every store holds to this one table.
//
//             due                 claim (fence)                complete (fence)
//   scheduled ───► pending ─────────────────────► running ───────────────────► completed
//       ▲  ▲          │ ▲                          │ │ │
//       │  └──────────┼─┼── retry, lease lost ─────┘ │ └─ fail, lost too often ──► failed
//       │             │ └── answered ◄── waiting_confirmation ◄── confirm (fence)
//       └── submit    └── cancelled · timed_out · evicted · failed
import Type, { type Static } from "typebox";

// One enumeration, so that a refusal lists all words: of a union only the first eight are told.
export const TaskStatus = Type.Enum([
  "scheduled",
  "pending",
  "running",
  "waiting_confirmation",
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "evicted",
]);
export type TaskStatus = Static<typeof TaskStatus>;

export type EndedStatus = Extract<
  TaskStatus,
  "completed" | "failed" | "cancelled" | "timed_out" | "evicted"
>;

const endedEarly = ["cancelled", "timed_out", "failed"] as const;

/** Where a task may go from each state. An ended task stays as it ended. */
export const taskMoves: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  scheduled: ["pending", ...endedEarly],
  pending: ["running", "evicted", ...endedEarly],
  running: ["completed", "pending", "scheduled", "waiting_confirmation", ...endedEarly],
  waiting_confirmation: ["pending", ...endedEarly],
  completed: [],
  failed: [],
  cancelled: [],
  timed_out: [],
  evicted: [],
};

export const taskStatuses: readonly TaskStatus[] = [
  ...(["scheduled", "pending", "running", "waiting_confirmation"] as const),
  ...(["completed", "failed", "cancelled", "timed_out", "evicted"] as const),
];

export const isEnded = (status: TaskStatus): status is EndedStatus =>
  taskMoves[status].length === 0;
