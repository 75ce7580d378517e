// The source's side of a move as a table: what each event does in each state.
//
//   registering ─► freezing ─► waiting ─► claiming ─► confirming ─► ended (moved)
//        │            │           │          └──────► reclaiming ─► ended (stays, epoch + 2)
//        └────────────┴─► ended   └─► dropping ─► voiding ─► ended (stays)
//                        (stays)
//
// From the claim to its answer nothing can be aborted: it may have happened already.

export type DepartureState =
  /** The actor has no entry in the directory yet; it runs on. */
  | "registering"
  /** Waits for the end of the handler in progress. */
  | "freezing"
  /** The copy is under way; waits for the target and for the probes. */
  | "waiting"
  /** The directory was asked to name the target. */
  | "claiming"
  /** The target went down before it could run: the directory was asked to name this node again. */
  | "reclaiming"
  /** Aborted; waits until the target has dropped its copy. */
  | "dropping"
  /** Aborted; the target is silent, and the directory was asked for a newer revision. */
  | "voiding"
  /** The target owns the actor; waits to hear that it runs. */
  | "confirming"
  | "ended";

export type DepartureEvent =
  | "frozen"
  | "not-freezable"
  | "prepared"
  | "refused"
  | "probe-in"
  | "claim-won"
  | "claim-lost"
  | "aborted"
  | "committed"
  | "target-removed"
  | "overdue"
  | "withdrawn";

export type DepartureAction =
  | "freeze"
  | "send-copy"
  | "note-prepared"
  | "count-probe"
  | "stay"
  | "drop-copy"
  | "void-copy"
  | "depart"
  | "note-target-gone"
  | "take-back"
  | "fence"
  | "finish"
  | "report-unconfirmed";

/** What is not named is ignored: it is late, or has been seen already. */
export const departureTable: Readonly<
  Record<DepartureState, Readonly<Partial<Record<DepartureEvent, DepartureAction>>>>
> = {
  registering: {
    "claim-won": "freeze",
    "claim-lost": "stay",
    "target-removed": "stay",
    overdue: "stay",
    withdrawn: "stay",
  },
  freezing: {
    frozen: "send-copy",
    "not-freezable": "stay",
    "target-removed": "stay",
    overdue: "stay",
    withdrawn: "stay",
  },
  waiting: {
    prepared: "note-prepared",
    "probe-in": "count-probe",
    refused: "stay",
    "target-removed": "void-copy",
    overdue: "drop-copy",
    withdrawn: "drop-copy",
  },
  claiming: {
    "claim-won": "depart",
    "claim-lost": "fence",
    "target-removed": "note-target-gone",
  },
  reclaiming: { "claim-won": "take-back", "claim-lost": "fence" },
  dropping: {
    aborted: "stay",
    refused: "stay",
    "target-removed": "void-copy",
    overdue: "void-copy",
  },
  voiding: { "claim-won": "stay", "claim-lost": "fence" },
  confirming: { committed: "finish", "target-removed": "report-unconfirmed" },
  ended: {},
};
