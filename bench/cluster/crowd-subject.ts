// What a cluster does with so many workers. Each round has a cluster of its own, and no other is up meanwhile:
// a dozen processes that only stand by take time from the one that is measured.
import type { Round, Subject } from "../contest.ts";
import { type CrewTerms, type FlowTerms, flow, type Scope } from "./crew.ts";
import { startTroupe } from "./troupe-crew.ts";

export type CrowdTerms = CrewTerms & FlowTerms;

export const crowdSubject = (terms: CrowdTerms): Subject => ({
  peer: `troupe, ${terms.workers} worker${terms.workers === 1 ? "" : "s"}`,
  variant: "SQLite, alone on the machine",
  round: () => round(terms),
});

/** Processes that have just started are cold: as long as is measured nothing counts. */
async function round(terms: CrowdTerms): Promise<Round> {
  const ends: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (end) => ends.push(end) };
  try {
    return await flow(await startTroupe(scope, terms), { warmUpMs: terms.ms, ...terms });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
