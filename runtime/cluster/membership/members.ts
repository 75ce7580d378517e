// The members of the cluster as everything on this node may look at them, at any time and for nothing:
// who is there, who is suspected and why, and who is to get new work. The actor beside it
// (`heartbeats.ts`) keeps it, and tells each change on `memberTopic`.
import type { NodeId } from "#protocols/address.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { clusterRemedy } from "#runtime/cluster/cluster-remedy.ts";
import { serviceKey } from "#runtime/core/services.ts";
import type { VerdictKind } from "./evidence.ts";
import type { Member, MemberEvent } from "./member.ts";
import type { Membership } from "./membership.ts";

/** Of a node since it began. */
export interface MemberCounts {
  readonly heartbeatsSent: number;
  readonly heartbeatsHeard: number;
  /** What came at the address of a node and was no heartbeat of it. */
  readonly heartbeatsRefused: number;
  /** Suspicions begun, by verdict. */
  readonly suspicions: Readonly<Record<Exclude<VerdictKind, "trusted">, number>>;
  /** Members whose session was lost or superseded. */
  readonly downs: number;
}

/** A bound of `membershipLimits`, as metrics show it. */
export interface MemberBound {
  readonly bound: "membersMax" | "marksMax" | "suspectsMax";
  readonly max: number;
  readonly highest: number;
  /** How often it was reached, and its answer given. */
  readonly reached: number;
}

export class Members {
  #membership: Membership | undefined;
  readonly #reached = { membersMax: 0, suspectsMax: 0 };
  readonly #tally = { sent: 0, heard: 0, refused: 0, downs: 0 };
  readonly #suspicions = new Map<VerdictKind, number>();

  /** All but those that are down, in the order of their joining; none before the directory told. */
  get all(): readonly Member[] {
    return this.#membership?.members ?? [];
  }

  /** The member of that name. */
  find(name: string): Member | undefined {
    return this.#membership?.get(name);
  }

  /**
   * Whether new work may go to that node: it is a member, up, and not suspected. Incarnation 0 is
   * whichever bears the name. O(1).
   */
  takesWork({ name, incarnation }: NodeId): boolean {
    const member = this.find(name);
    if (member?.status !== "up") return false;
    return incarnation === 0 || incarnation === member.node.incarnation;
  }

  get counts(): MemberCounts {
    const { downs, heard, refused, sent } = this.#tally;
    const of = (kind: VerdictKind): number => this.#suspicions.get(kind) ?? 0;
    return {
      heartbeatsSent: sent,
      heartbeatsHeard: heard,
      heartbeatsRefused: refused,
      suspicions: {
        closed: of("closed"),
        frozen: of("frozen"),
        unreachable: of("unreachable"),
        one_way: of("one_way"),
        blocked: of("blocked"),
      },
      downs,
    };
  }

  get bounds(): readonly MemberBound[] {
    const { marksMax, membersMax, suspectsMax } = membershipLimits;
    const { size = 0, endedCount = 0, refused = 0, suspects } = this.#membership ?? {};
    const { membersMax: earlier, suspectsMax: cut } = this.#reached;
    return [
      { bound: "membersMax", max: membersMax, highest: size, reached: earlier + refused },
      { bound: "marksMax", max: marksMax, highest: endedCount, reached: 0 },
      { bound: "suspectsMax", max: suspectsMax, highest: suspects?.size ?? 0, reached: cut },
    ];
  }

  // ---- for the actor that keeps it

  /** This one knows from now on. */
  attend(membership: Membership): void {
    this.#reached.membersMax += this.#membership?.refused ?? 0;
    this.#membership = membership;
  }

  happened(event: MemberEvent): void {
    if (event.kind === "down" && event.end !== "left") this.#tally.downs += 1;
    if (event.kind !== "suspected") return;
    const { kind } = event.verdict;
    this.#suspicions.set(kind, (this.#suspicions.get(kind) ?? 0) + 1);
    if ((this.#membership?.suspects.size ?? 0) > membershipLimits.suspectsMax) {
      this.#reached.suspectsMax += 1;
    }
  }

  beat(what: "sent" | "heard" | "refused"): void {
    this.#tally[what] += 1;
  }
}

/** For actors: `ctx.use(membersService)`. */
export const membersService = serviceKey(
  "members",
  (value) => (value instanceof Members ? value : undefined),
  clusterRemedy,
);
