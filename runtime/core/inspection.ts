// A node's actors as a tree, for people: who lives, how deep its mailbox is, what it is doing.

export interface ActorTree {
  readonly path: string;
  readonly protocol: string;
  readonly state: string;
  readonly waiting: number;
  /** Messages that may wait, by its mailbox's own bound. */
  readonly capacity: number;
  /** Bytes of what waits, for mailboxes bounded in bytes; else 0. */
  readonly waitingBytes: number;
  readonly stashed: number;
  readonly timers: number;
  /** Promises piped to it that have not settled. */
  readonly pipes: number;
  /** Paused actors and outsiders that wait for room in its mailbox. */
  readonly awaitedBy: number;
  readonly restarts: number;
  /** Methods of the handlers that await something. */
  readonly handling: readonly string[];
  /** It has sent to a full mailbox and waits for room. */
  readonly isPaused: boolean;
  readonly children: readonly ActorTree[];
}

interface InspectedGate {
  readonly isPaused: boolean;
  readonly waitingCount: number;
}

export interface Inspected {
  readonly path: string;
  readonly protocol: { readonly id: string };
  readonly state: string;
  readonly depth: number;
  readonly kind: { readonly capacity: number };
  readonly mailbox: { readonly bytes: number; readonly length: number };
  readonly restarts: number;
  readonly household:
    | {
        readonly stashedCount: number;
        readonly timerCount: number;
        readonly pipesPending: number;
        readonly handling: {
          readonly count: number;
          readonly calls: Iterable<{ readonly selector: { readonly name: string } }>;
        };
        readonly readiness: { readonly gateIfAny: InspectedGate | undefined };
        readonly familyIfAny: { readonly all: readonly Inspected[] } | undefined;
      }
    | undefined;
}

export function inspectTree(cell: Inspected): ActorTree {
  const { household } = cell;
  return {
    path: cell.path,
    protocol: cell.protocol.id,
    state: cell.state,
    waiting: cell.depth,
    capacity: cell.kind.capacity,
    waitingBytes: cell.mailbox.bytes,
    stashed: household?.stashedCount ?? 0,
    timers: household?.timerCount ?? 0,
    pipes: household?.pipesPending ?? 0,
    awaitedBy: household?.readiness.gateIfAny?.waitingCount ?? 0,
    restarts: cell.restarts,
    handling: [...(household?.handling.calls ?? [])].map(({ selector }) => selector.name),
    isPaused: household?.readiness.gateIfAny?.isPaused ?? false,
    children: (household?.familyIfAny?.all ?? []).map(inspectTree),
  };
}

/** Messages that wait in mailboxes and stashes, in the whole tree. O(actors). */
export function queuedIn(cell: Inspected): number {
  let queued = cell.depth + (cell.household?.stashedCount ?? 0);
  for (const child of cell.household?.familyIfAny?.all ?? []) queued += queuedIn(child);
  return queued;
}
