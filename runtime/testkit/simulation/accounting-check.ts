// Checks that no message is unaccounted for: at every moment each one that was sent was handled, waits,
// is dead, or is on its way.
import type { ActorSystem } from "#runtime/core/system.ts";
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

/** Each dead letter was reported once, as it was counted. */
export const deadLettersCounted: Check = () => {
  const reported = new Map<string, number>();
  return {
    name: "dead letters counted",
    saw(event) {
      const system = `${event.node}~${event.incarnation}`;
      const before = reported.get(system) ?? 0;
      if (event.kind === "dead") reported.set(system, before + 1);
      if (event.kind !== "counts" || event.counts.letters === before) return;
      const text = `${system} counts ${event.counts.letters} dead letters and reported ${before}`;
      throw broken(text, [event.id]);
    },
  };
};

/** What the system says of its messages. */
export function countsOf({ counts, deadLetters }: ActorSystem): SystemCounts {
  const letters = [...deadLetters.counts.values()].reduce((sum, count) => sum + count, 0);
  return { ...counts, letters };
}
