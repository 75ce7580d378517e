// What members say of whom they suspect, as their sessions tell it: suspicion that spreads. Pure.
//
// A node that watches another believes itself. One that does not goes by those who do: more than half
// of them must suspect it, so that one with a broken wire cannot talk all others out of anybody.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { PlainValue } from "#protocols/cluster/directory-data.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { type Verdict, type VerdictKind, verdictKinds } from "./evidence.ts";

/** By `name~incarnation`. */
export type Suspects = ReadonlyMap<string, Verdict>;

export class SuspicionVotes {
  /** By whom, of whom. */
  readonly #said = new Map<string, Suspects>();
  /** Of whom, by whom. */
  readonly #voters = new Map<string, Set<string>>();

  /** What that member says from now on; answers whom it concerns, or did before. */
  put(voter: string, suspects: Suspects): readonly string[] {
    const before = this.#said.get(voter);
    if (!before && suspects.size === 0) return [];
    for (const suspect of before?.keys() ?? []) this.#withdraw(voter, suspect);
    if (suspects.size === 0) this.#said.delete(voter);
    else this.#said.set(voter, suspects);
    for (const suspect of suspects.keys()) {
      const voters = this.#voters.get(suspect) ?? new Set();
      this.#voters.set(suspect, voters.add(voter));
    }
    return [...new Set([...(before?.keys() ?? []), ...suspects.keys()])];
  }

  /** Whom that member suspects. */
  suspectsOf(voter: string): readonly string[] {
    return [...(this.#said.get(voter)?.keys() ?? [])];
  }

  /** Who suspects it, and of what. */
  of(node: NodeId): readonly { readonly by: string; readonly verdict: Verdict }[] {
    const suspect = formatNode(node);
    return [...(this.#voters.get(suspect) ?? [])].flatMap((by) => {
      const verdict = this.#said.get(by)?.get(suspect);
      return verdict ? [{ by, verdict }] : [];
    });
  }

  #withdraw(voter: string, suspect: string): void {
    const voters = this.#voters.get(suspect);
    voters?.delete(voter);
    if (voters?.size === 0) this.#voters.delete(suspect);
  }
}

/** As the state of a session has it; undefined for none. Beyond `suspectsMax` the rest is left out. */
export function suspectsValue(suspects: Suspects): PlainValue | undefined {
  if (suspects.size === 0) return undefined;
  const told = [...suspects].slice(0, membershipLimits.suspectsMax);
  return Object.fromEntries(
    told.map(([node, { kind, reason }]) => [
      node,
      { verdict: kind, why: reason.slice(0, membershipLimits.reasonLengthMax) },
    ]),
  );
}

/** What cannot be read says nothing. */
export function readSuspects(value: PlainValue | undefined): Suspects {
  const suspects = new Map<string, Verdict>();
  if (!isRecord(value)) return suspects;
  for (const [node, said] of Object.entries(value)) {
    if (suspects.size >= membershipLimits.suspectsMax) break;
    if (!isRecord(said)) continue;
    const { verdict, why } = said;
    const kind = verdictKinds.find((known) => known === verdict);
    if (kind === undefined || kind === "trusted" || typeof why !== "string") continue;
    suspects.set(node, { kind, reason: why.slice(0, membershipLimits.reasonLengthMax) });
  }
  return suspects;
}

/** What those that watch it say together, when they are more than half of them. */
export function commonVerdict(
  votes: readonly { readonly by: string; readonly verdict: Verdict }[],
  monitors: number,
): Verdict | undefined {
  const [first] = votes;
  if (!first || 2 * votes.length <= monitors) return undefined;
  const kind: VerdictKind = mostSaid(votes.map(({ verdict }) => verdict.kind)) ?? "unreachable";
  const witness = votes.find(({ verdict }) => verdict.kind === kind) ?? first;
  const who = `${votes.length} of ${monitors} that watch it say so`;
  return { kind, reason: `${who}; ${witness.by}: ${witness.verdict.reason}` };
}

function mostSaid(kinds: readonly VerdictKind[]): VerdictKind | undefined {
  const count = (of: VerdictKind): number => kinds.filter((kind) => kind === of).length;
  return [...new Set(kinds)].sort((a, b) => count(b) - count(a))[0];
}

const isRecord = (value: PlainValue | undefined): value is { readonly [key: string]: PlainValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
