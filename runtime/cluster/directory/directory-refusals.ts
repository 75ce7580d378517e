// What the directory says when it refuses: what was seen, and what to do.
import { formatNode } from "#protocols/address.ts";
import type { Entry, Expectation } from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { Failure } from "#protocols/failure.ts";

/** Fails with `conflict` when the entry is not as expected. */
export function checkExpected(
  { key, expect }: { readonly key: string; readonly expect: Expectation },
  present: Entry | undefined,
): void {
  if (expect === "any" || (expect === "absent" && !present) || expect === present?.revision) return;
  throw conflictOver(key, expect, present);
}

/** What was expected of the entry, and what there is. */
export function conflictOver(
  key: string,
  expect: Expectation,
  present: Entry | undefined,
): Failure {
  const expected = expect === "absent" ? "no entry" : `revision ${expect}`;
  const owner = present?.session ? ` of ${formatNode(present.session)}` : "";
  const seen = present
    ? `revision ${present.revision}${owner}: ${JSON.stringify(present.value).slice(0, 500)}`
    : "no entry";
  return new Failure("conflict", `${key} was expected to have ${expected}, it has ${seen}`);
}

export const fullOfEntries = (key: string): Failure =>
  new Failure(
    "directory_full",
    `the directory has ${directoryLimits.entriesMax} entries, so it cannot take ${key}; remove some`,
  );
