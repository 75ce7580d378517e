// What happened in a run. The simulation itself enters the nodes' starts and ends, the faults, the
// lives of actors, dead letters, counts and the reports of lost messages; everything else is entered by
// whoever builds the system (`host.record`). Checkers read it as it grows. An event's id is its place,
// from 1.

export type Occurrence =
  /** A message of a numbered stream was sent. Sequences of one stream begin at 1, without gaps. */
  | { readonly kind: "sent"; readonly stream: string; readonly sequence: number }
  /** It was handled, by this life of its receiver: an actor keeps its life through restarts. */
  | {
      readonly kind: "handled";
      readonly stream: string;
      readonly sequence: number;
      readonly receiver: string;
    }
  /** The sender's node was told that it may never have arrived. */
  | { readonly kind: "lost"; readonly stream: string; readonly sequence: number }
  | { readonly kind: "dead"; readonly to: string; readonly method: string; readonly code: string }
  | { readonly kind: "asked"; readonly ask: string }
  /** `outcome` is `value` or the code of the failure. */
  | { readonly kind: "answered"; readonly ask: string; readonly outcome: string }
  | {
      readonly kind: "watched";
      readonly watch: string;
      readonly watcher: string;
      readonly subject: string;
    }
  | { readonly kind: "unwatched"; readonly watch: string }
  | { readonly kind: "terminated"; readonly watch: string }
  /** An actor was made, begun anew, ended for good. `supervisor` is one life of its parent. */
  | { readonly kind: "spawned" | "restarted"; readonly actor: string; readonly supervisor: string }
  | { readonly kind: "ended"; readonly actor: string; readonly how: string }
  /** An instance of an actor began, or was over: in `start` and `stopped`. */
  | { readonly kind: "began" | "over"; readonly actor: string }
  /** Somebody owns the name alone from now on, by this fence; did something as its owner; stopped. */
  | {
      readonly kind: "owned" | "acted" | "yielded";
      readonly name: string;
      readonly fence: number;
    }
  /** Somebody is about to stop that actor, at once. */
  | { readonly kind: "stopping"; readonly actor: string }
  /** A handler began while another one of its actor was at work. */
  | { readonly kind: "overlapped"; readonly actor: string; readonly methods: string }
  | { readonly kind: "counts"; readonly counts: SystemCounts }
  | { readonly kind: "node-started" | "node-paused" | "node-resumed" }
  | { readonly kind: "node-ended"; readonly how: NodeEnding }
  | { readonly kind: "fault"; readonly fault: string }
  /** Whatever else a check of one's own wants to know. */
  | { readonly kind: "fact"; readonly name: string; readonly about: string };

/** `fatal`: its root guardian gave up, or its peers would not talk to it any more. */
export type NodeEnding = "crash" | "leave" | "fatal";

/** Where the messages of a system are: sent = processed + queued + dead + inFlight. */
export interface SystemCounts {
  readonly sent: number;
  readonly processed: number;
  readonly queued: number;
  readonly dead: number;
  readonly inFlight: number;
  /** Dead letters that the system counts: also of messages to other nodes, which are not its own. */
  readonly letters: number;
  /** Mailboxes and stashes with more in them than they may have, by their actors. */
  readonly beyond: readonly string[];
  /** Frames that came and nobody had sent, and frames refused. */
  readonly forged: number;
  readonly refused: number;
}

export type HistoryEvent = Occurrence & {
  readonly id: number;
  readonly atMs: number;
  /** Where it was seen; empty for what happens to no node alone. */
  readonly node: string;
  readonly incarnation: number;
};

/** As one line, for people. */
export function formatEvent(event: HistoryEvent): string {
  const { id, atMs: _, node, incarnation, kind, ...facts } = event;
  const said = Object.entries(facts).map(([name, value]) => `${name}=${formatFact(value)}`);
  const where = node === "" ? "" : ` ${node}~${incarnation}`;
  return [`#${id}${where} ${kind}`, ...said].join(" ");
}

const formatFact = (value: unknown): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value);
