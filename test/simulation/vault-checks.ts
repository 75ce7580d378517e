// What must hold of keyed actors over all their lives, whoever owns them.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";

interface Last {
  readonly fence: number;
  readonly sequence: number;
  readonly event: number;
}

/**
 * Per sender and key first in, first out, from owner to owner. What an owner still does whose fence is
 * an old one is not counted: its process stood still, and whoever it writes to refuses it.
 */
export const inOrderOverOwners: Check = () => {
  const newest = new Map<string, number>();
  const last = new Map<string, Last>();
  return {
    name: "in order over owners",
    saw(event) {
      if (event.kind === "owned") {
        newest.set(event.name, Math.max(event.fence, newest.get(event.name) ?? 0));
      }
      if (event.kind !== "handled") return;
      const { receiver, sequence, stream, id } = event;
      const [key = "", fenceText] = receiver.split(" by ");
      const fence = Number(fenceText);
      if (fence < (newest.get(key) ?? 0)) return;
      const before = last.get(stream);
      if (before && before.sequence >= sequence) {
        const text = `${key} by ${fence} handled ${sequence} of ${stream} after ${before.sequence} by ${before.fence}`;
        throw broken(text, [before.event, id]);
      }
      last.set(stream, { fence, sequence, event: id });
    },
  };
};
