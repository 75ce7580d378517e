// Checks on the lives of supervised actors.
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

interface Begun {
  readonly atMs: number;
  readonly event: number;
}

/** No life of a supervisor begins more than `restartsMax` children anew within `withinMs`. */
export const restartsBounded = ({
  restartsMax,
  withinMs,
}: {
  readonly restartsMax: number;
  readonly withinMs: number;
}): Check => {
  return () => {
    const windows = new Map<string, Begun[]>();
    return {
      name: "restarts bounded",
      saw(event) {
        if (event.kind !== "restarted") return;
        const recent = (windows.get(event.supervisor) ?? []).filter(
          ({ atMs }) => event.atMs - atMs < withinMs,
        );
        recent.push({ atMs: event.atMs, event: event.id });
        windows.set(event.supervisor, recent);
        if (recent.length <= restartsMax) return;
        const text = `${event.supervisor} restarted ${recent.length} times within ${withinMs} ms`;
        throw broken(
          text,
          recent.map((begun) => begun.event),
        );
      },
    };
  };
};

/** By `began` and `over`: of each actor at most one instance lives at a time; it is over before the next begins. */
export const oneInstance: Check = () => {
  const living = new Map<string, number>();
  return {
    name: "one instance",
    saw(event) {
      if (event.kind === "began") {
        const before = living.get(event.actor);
        if (before !== undefined) {
          throw broken(`${event.actor} begins twice at a time`, [before, event.id]);
        }
        living.set(event.actor, event.id);
      } else if (event.kind === "over") {
        if (!living.delete(event.actor)) {
          throw broken(`${event.actor} is over, but had not begun`, [event.id]);
        }
      }
    },
  };
};
