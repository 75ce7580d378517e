// What must hold in the cluster scenario beyond what any cluster promises.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";

/** Whoever asks the receptionist is told of each actor that comes and goes, in turns: once each. */
export const foundOnce: Check = () => {
  const known = new Map<string, number>();
  return {
    name: "found once",
    saw(event) {
      if (event.kind !== "fact" || (event.name !== "found" && event.name !== "missed")) return;
      const pair = `${event.node}~${event.incarnation} of ${event.about}`;
      const found = known.get(pair);
      if (event.name === "found" && found !== undefined) {
        throw broken(`${pair} is told twice that it is there`, [found, event.id]);
      }
      if (event.name === "missed" && found === undefined) {
        throw broken(`${pair} is told that it is gone, and never heard of it`, [event.id]);
      }
      if (event.name === "found") known.set(pair, event.id);
      else known.delete(pair);
    },
  };
};

/** No actor sees arguments that do not fit its schema. */
export const nothingUnchecked: Check = () => ({
  name: "nothing unchecked",
  saw(event) {
    if (event.kind !== "fact" || event.name !== "unchecked") return;
    throw broken(`an actor was handed ${event.about}, which its schema does not allow`, [event.id]);
  },
});
