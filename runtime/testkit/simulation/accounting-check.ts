// Checks that no message is unaccounted for: at every moment each one that was sent was handled, waits,
// is dead, or is on its way.
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

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

/** Every mailbox and stash is within its bound, at each moment that is looked at. */
export const bounded: Check = () => ({
  name: "bounded",
  saw(event) {
    if (event.kind !== "counts" || event.counts.beyond.length === 0) return;
    throw broken(`${event.node}: ${event.counts.beyond.join("; ")}`, [event.id]);
  },
});

/** Whatever comes over the wire that nobody has sent is refused and counted, and nothing else is. */
export const rubbishRefused: Check = () => ({
  name: "rubbish refused",
  saw(event) {
    if (event.kind !== "counts") return;
    const { forged, refused } = event.counts;
    if (forged === refused) return;
    throw broken(`${event.node}: ${forged} forged frames came, and ${refused} were refused`, [
      event.id,
    ]);
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
