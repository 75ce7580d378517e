// Who belongs to the cluster, merged from two sources that must not be mixed up. Pure.
//
//   directory ── joined, up, leaving, down: the authority; all who see the same history end with the same
//   verdicts ─── suspected, trusted: this node's own opinion of those that it watches, and of the others
//                what most of those say that do; it never makes anybody join or go down
//
// An incarnation that is down never comes back: the highest ended one of each name is remembered, and
// what a late listing still says of it is nothing. A higher one ends those below it.
import { formatNode, isSameNode, type NodeId, parseNode } from "#protocols/address.ts";
import type { Entry } from "#protocols/cluster/directory-data.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import type { Verdict } from "./evidence.ts";
import {
  heartbeatAddress,
  isSaid,
  type Member,
  type MemberEnd,
  type MemberEntry,
  type MemberEvent,
  type MemberStatus,
  readMember,
} from "./member.ts";
import { commonVerdict, type Suspects, SuspicionVotes } from "./suspicion-votes.ts";

interface Known {
  readonly entry: MemberEntry;
  /** What this node holds of it; undefined while it does not watch it. */
  readonly own: Verdict | undefined;
  /** Why it is suspected, if it is. */
  readonly suspicion: Verdict | undefined;
}

/** Takes each event when it has happened. */
export type MemberListener = (event: MemberEvent) => void;

const words: Readonly<Record<MemberEntry["status"], string>> = {
  joining: "its session is open, and it says that it is joining",
  up: "its session is open",
  leaving: "it says that it is leaving",
};

export class Membership {
  readonly #listener: MemberListener;
  readonly #known = new Map<string, Known>();
  /** The highest incarnation of each name that has ended, the one that ended last at the end. */
  readonly #ended = new Map<string, number>();
  readonly #votes = new SuspicionVotes();
  readonly #monitors: number;
  #suspects: Suspects = new Map();
  /** Members that could not be taken, as there were too many. */
  refused = 0;

  /** `monitors`: so many watch one node. */
  constructor(listener: MemberListener, monitors: number = membershipLimits.monitors) {
    this.#listener = listener;
    this.#monitors = monitors;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Ended lives that are remembered. */
  get endedCount(): number {
    return this.#ended.size;
  }

  /** Whom this node itself suspects: another map whenever they are others. */
  get suspects(): Suspects {
    return this.#suspects;
  }

  /** By name, in the order of their joining. */
  get members(): readonly Member[] {
    return [...this.#known.values()].map(memberOf);
  }

  get(name: string): Member | undefined {
    const known = this.#known.get(name);
    return known && memberOf(known);
  }

  isDown({ name, incarnation }: NodeId): boolean {
    const newest = this.#known.get(name)?.entry.node.incarnation ?? 0;
    return incarnation <= (this.#ended.get(name) ?? 0) || incarnation < newest;
  }

  /** The directory has this entry. What tells of no session, or of an ended one, changes nothing. */
  put(entry: Entry): void {
    const read = readMember(entry);
    if (!read || this.isDown(read.node)) return;
    const { name } = read.node;
    const known = this.#known.get(name);
    if (known && isSameNode(known.entry.node, read.node)) {
      this.#change(known, read);
      return;
    }
    if (known) {
      const why = `incarnation ${read.node.incarnation} of its name has joined`;
      this.#end(known, "superseded", why);
    }
    if (this.#known.size >= membershipLimits.membersMax) {
      this.refused += 1;
      return;
    }
    const joined = { entry: read, own: undefined, suspicion: undefined };
    this.#known.set(name, joined);
    this.#listener({ kind: "joined", member: memberOf(joined) });
    if (read.status !== "joining") {
      this.#listener({ kind: read.status, member: memberOf(joined) });
    }
    this.#weigh(name);
    this.#hear(read);
  }

  /** The directory has it no longer: its session has ended. */
  removed(entry: Entry): void {
    const read = readMember(entry);
    const known = read && this.#known.get(read.node.name);
    if (!known || !isSameNode(known.entry.node, read.node)) return;
    if (known.entry.status === "leaving") this.#end(known, "left", "it has left");
    else
      this.#end(known, "lost", `its session was not renewed, or was closed${suspicionText(known)}`);
  }

  /** What this node holds of another, which it watches. Of one that is no member it means nothing. */
  judged(node: NodeId, verdict: Verdict): void {
    const known = this.#known.get(node.name);
    if (!known || !isSameNode(known.entry.node, node) || known.own?.kind === verdict.kind) return;
    this.#hold(known, verdict);
    this.#weigh(node.name);
    // Whether it is believed what it says of others.
    this.#weighAll(this.#votes.suspectsOf(node.name));
  }

  /** Whom this node watches; of all others it holds nothing by itself. */
  watching(names: ReadonlySet<string>): void {
    for (const [name, known] of this.#known) {
      if (known.own === undefined || names.has(name)) continue;
      this.#hold(known, undefined);
      this.#weigh(name);
    }
  }

  #hold(known: Known, own: Verdict | undefined): void {
    const { node } = known.entry;
    this.#known.set(node.name, { ...known, own });
    const suspects = new Map(this.#suspects);
    suspects.delete(formatNode(node));
    if (own && own.kind !== "trusted") suspects.set(formatNode(node), own);
    if (suspects.size > 0 || this.#suspects.size > 0) this.#suspects = suspects;
  }

  #change(before: Known, read: MemberEntry): void {
    const { entry } = before;
    if (!isSaid(entry, read)) {
      // Who is leaving has not come back when an older word of it arrives; nor is who is up joining.
      const status = later(entry.status, read.status);
      const known: Known = { ...before, entry: { ...read, status } };
      this.#known.set(read.node.name, known);
      const kind = status === entry.status || status === "joining" ? "changed" : status;
      this.#listener({ kind, member: memberOf(known) });
    }
    this.#hear(read);
  }

  /** Takes down whom that member suspects. */
  #hear({ node, suspects }: MemberEntry): void {
    this.#weighAll(this.#votes.put(node.name, suspects));
  }

  #weighAll(suspects: readonly string[]): void {
    for (const suspect of suspects) {
      const name = parseNode(suspect)?.name;
      if (name !== undefined) this.#weigh(name);
    }
  }

  /** Whether it is suspected by now, all in all. */
  #weigh(name: string): void {
    const known = this.#known.get(name);
    if (!known) return;
    const held = known.own ?? this.#heldByOthers(known.entry.node);
    const suspicion = held?.kind === "trusted" ? undefined : held;
    if (suspicion?.kind === known.suspicion?.kind) return;
    const weighed: Known = { ...known, suspicion };
    this.#known.set(name, weighed);
    const member = memberOf(weighed);
    if (suspicion) this.#listener({ kind: "suspected", member, verdict: suspicion });
    else this.#listener({ kind: "trusted", member });
  }

  #heldByOthers(node: NodeId): Verdict | undefined {
    const votes = this.#votes.of(node).filter(({ by }) => {
      const own = this.#known.get(by)?.own;
      return own === undefined || own.kind === "trusted";
    });
    if (votes.length === 0) return undefined;
    const beating = [...this.#known.values()].filter(
      ({ entry }) => heartbeatAddress(entry.record) !== undefined,
    );
    return commonVerdict(votes, Math.min(this.#monitors, beating.length - 1));
  }

  #end({ entry, own }: Known, end: MemberEnd, why: string): void {
    const { name, incarnation } = entry.node;
    if (own) this.#hold({ entry, own, suspicion: undefined }, undefined);
    this.#known.delete(name);
    this.#ended.delete(name);
    this.#ended.set(name, incarnation);
    if (this.#ended.size > membershipLimits.marksMax) {
      for (const oldest of this.#ended.keys()) {
        this.#ended.delete(oldest);
        break;
      }
    }
    const { node, record, state } = entry;
    this.#listener({ kind: "down", member: { node, record, state, why, status: "down" }, end });
    this.#weighAll(this.#votes.put(name, new Map()));
  }
}

const ages: readonly MemberEntry["status"][] = ["joining", "up", "leaving"];

const later = (a: MemberEntry["status"], b: MemberEntry["status"]): MemberEntry["status"] =>
  ages.indexOf(a) > ages.indexOf(b) ? a : b;

const suspicionText = ({ suspicion }: Known): string =>
  suspicion ? ` (${suspicion.kind}: ${suspicion.reason})` : "";

function memberOf({ entry, suspicion }: Known): Member {
  const { node, record, state } = entry;
  const status: MemberStatus = suspicion ? "suspect" : entry.status;
  const why = suspicion ? `${suspicion.kind}: ${suspicion.reason}` : words[entry.status];
  return { node, status, record, state, why };
}
