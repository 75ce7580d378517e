// What must hold in the cluster scenario beyond what any cluster promises.
import { formatNode } from "#protocols/address.ts";
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

/**
 * By the facts `member` of each node, a member and what it is from then on (`up`, `suspect`, `down`): at
 * rest nobody who lives is down or suspected anywhere, and whoever ended is down for all. Who is down once
 * is never anything else.
 */
export const membersAgree: Check = () => {
  const seen = new Map<string, Map<string, { readonly is: string; readonly event: number }>>();
  return {
    name: "members agree",
    saw(event) {
      if (event.kind !== "fact" || event.name !== "member") return;
      const [member = "", is = ""] = event.about.split(" ");
      const observer = formatNode({ name: event.node, incarnation: event.incarnation });
      const known = seen.get(observer) ?? new Map();
      seen.set(observer, known);
      const before = known.get(member);
      if (before?.is === "down") {
        throw broken(`${observer} saw ${member} down, and now ${is}`, [before.event, event.id]);
      }
      known.set(member, { is, event: event.id });
    },
    settled({ living }) {
      const alive = [...living].map(([name, incarnation]) => formatNode({ name, incarnation }));
      for (const observer of alive) {
        const known = seen.get(observer) ?? new Map();
        for (const member of new Set([...alive, ...known.keys()])) {
          const wanted = alive.includes(member) ? "up" : "down";
          const { is = "nothing", event = 0 } = known.get(member) ?? {};
          if (is === wanted) continue;
          throw broken(`to ${observer} ${member} is ${is}, and should be ${wanted}`, [event]);
        }
      }
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
