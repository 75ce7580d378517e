// Checks that no message is unaccounted for: at every moment each one that was sent was handled, waits,
// is dead, or is on its way.
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";
import type { SystemCounts } from "./history.ts";

export const accounting: Check = () => ({
  name: "accounting",
  saw(event) {
    if (event.kind !== "counts") return;
    const { sent, processed, queued, dead, inFlight } = event.counts;
    if (sent === processed + queued + dead + inFlight) return;
    throw broken(
      `${event.node}: ${sent} sent, but ${processed} processed, ${queued} queued, ${dead} dead, ${inFlight} in flight`,
      [event.id],
    );
  },
});

/** What the system says of its messages; undefined where it does not count them. */
export function countsOf(system: object): SystemCounts | undefined {
  const counts: unknown = "counts" in system ? system.counts : undefined;
  if (typeof counts !== "object" || counts === null) return undefined;
  const read = (name: keyof SystemCounts): number => {
    const value: unknown = Reflect.get(counts, name);
    return typeof value === "number" ? value : Number.NaN;
  };
  return {
    sent: read("sent"),
    processed: read("processed"),
    queued: read("queued"),
    dead: read("dead"),
    inFlight: read("inFlight"),
  };
}
