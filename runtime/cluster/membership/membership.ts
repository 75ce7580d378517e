// Who belongs to the cluster, merged from two sources that must not be mixed up. Pure.
//
//   directory ── joined, up, leaving, down: the authority; all who see the same history end with the same
//   verdicts ─── suspected, trusted: this node's own opinion; it never makes anybody join or go down
//
// An incarnation that is down never comes back: the highest ended one of each name is remembered, and
// what a late listing still says of it is nothing. A higher one ends those below it.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { Entry } from "#protocols/cluster/directory-data.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import type { Verdict } from "./evidence.ts";
import {
  isSaid,
  type Member,
  type MemberEntry,
  type MemberEvent,
  type MemberStatus,
  readMember,
} from "./member.ts";

interface Known {
  readonly entry: MemberEntry;
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

  constructor(listener: MemberListener) {
    this.#listener = listener;
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
    if (known) this.#end(known, `incarnation ${read.node.incarnation} of its name has joined`);
    if (this.#known.size >= membershipLimits.membersMax) return;
    const joined = { entry: read, suspicion: undefined };
    this.#known.set(name, joined);
    this.#listener({ kind: "joined", member: memberOf(joined) });
    if (read.status !== "joining") {
      this.#listener({ kind: read.status, member: memberOf(joined) });
    }
  }

  /** The directory has it no longer: its session has ended. */
  removed(entry: Entry): void {
    const read = readMember(entry);
    const known = read && this.#known.get(read.node.name);
    if (!known || !isSameNode(known.entry.node, read.node)) return;
    const wasLeaving = known.entry.status === "leaving";
    const why = wasLeaving ? "it has left" : "its session was not renewed, or was closed";
    this.#end(known, why);
  }

  /** What this node holds of another. Of one that is no member it means nothing. */
  judged(node: NodeId, verdict: Verdict): void {
    const known = this.#known.get(node.name);
    if (!known || !isSameNode(known.entry.node, node)) return;
    const suspicion = verdict.kind === "trusted" ? undefined : verdict;
    if (suspicion?.kind === known.suspicion?.kind) return;
    const judged: Known = { entry: known.entry, suspicion };
    this.#known.set(node.name, judged);
    const member = memberOf(judged);
    if (suspicion) this.#listener({ kind: "suspected", member, verdict: suspicion });
    else this.#listener({ kind: "trusted", member });
  }

  #change({ entry, suspicion }: Known, read: MemberEntry): void {
    if (isSaid(entry, read)) return;
    // Who is leaving has not come back when an older word of it arrives; nor is who is up joining.
    const status = later(entry.status, read.status);
    const known: Known = { entry: { ...read, status }, suspicion };
    this.#known.set(read.node.name, known);
    const member = memberOf(known);
    const kind = status === entry.status || status === "joining" ? "changed" : status;
    this.#listener({ kind, member });
  }

  #end({ entry }: Known, why: string): void {
    const { name, incarnation } = entry.node;
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
    this.#listener({ kind: "down", member: { node, record, state, why, status: "down" } });
  }
}

const ages: readonly MemberEntry["status"][] = ["joining", "up", "leaving"];

const later = (a: MemberEntry["status"], b: MemberEntry["status"]): MemberEntry["status"] =>
  ages.indexOf(a) > ages.indexOf(b) ? a : b;

function memberOf({ entry, suspicion }: Known): Member {
  const { node, record, state } = entry;
  const status: MemberStatus = suspicion ? "suspect" : entry.status;
  const why = suspicion ? `${suspicion.kind}: ${suspicion.reason}` : words[entry.status];
  return { node, status, record, state, why };
}
