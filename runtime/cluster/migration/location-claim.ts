// Reads what the directory said to a claim of a place. Pure. An answer may be late or lost, so that a
// claim may have happened without its asker knowing. Asking the same again is always safe: a claim that
// names the revision that it replaces happens at most once, and the conflict of the second shows the first.
import type { LocationEntry } from "#protocols/cluster/migration.ts";
import type { ClaimAnswer } from "./peer-message.ts";

/** `wanted` in place of the entry with the revision `expect`. */
export interface LocationClaim {
  readonly wanted: LocationEntry;
  readonly expect: number | "absent";
}

export type ClaimVerdict =
  | { readonly kind: "won"; readonly revision: number }
  | { readonly kind: "lost"; readonly present?: Present }
  | { readonly kind: "ask-again" };

export interface Present {
  readonly entry: LocationEntry;
  readonly revision: number;
}

export function judgeClaim(claim: LocationClaim, answer: ClaimAnswer): ClaimVerdict {
  switch (answer.kind) {
    case "put":
      return { kind: "won", revision: answer.revision };
    case "unknown":
      return { kind: "ask-again" };
    case "conflict": {
      const { present } = answer;
      if (present === undefined) return { kind: "lost" };
      const isOurs = isSameEntry(present.entry, claim.wanted);
      return isOurs ? { kind: "won", revision: present.revision } : { kind: "lost", present };
    }
    default:
      return answer satisfies never;
  }
}

const isSameEntry = (a: LocationEntry, b: LocationEntry): boolean =>
  a.node === b.node && a.epoch === b.epoch && a.by === b.by;
