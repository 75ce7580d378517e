// What must hold of actors that move, wherever they are and whoever dies: the promise of moving, seen from
// outside.
import { formatNode } from "#protocols/address.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import type { HistoryEvent } from "#runtime/testkit/simulation/history.ts";

const nodeOf = ({ node, incarnation }: HistoryEvent): string =>
  formatNode({ name: node, incarnation });

/** Once an actor has begun at a place, it does nothing at any place where it was before. */
export const oneLife: Check = () => {
  const places = new Map<string, { readonly node: string; readonly event: number }>();
  return {
    name: "one life",
    saw(event) {
      const node = nodeOf(event);
      if (event.kind === "spawned") places.set(event.actor, { node, event: event.id });
      const [actor, what] = doneIn(event);
      const place = places.get(actor);
      if (place === undefined || place.node === node) return;
      const text = `${actor} lives on ${place.node}, and ${what} on ${node}`;
      throw broken(text, [place.event, event.id]);
    },
  };
};

function doneIn(event: HistoryEvent): readonly [actor: string, what: string] {
  if (event.kind === "handled") return [event.receiver, "handled a note"];
  if (event.kind === "fact" && event.name === "ticked") return [event.about, "ticked"];
  return ["", "did nothing"];
}

/**
 * By the facts `ticked`, an actor, and `heard`, the path of one and whether it lives: whom all nodes
 * believe gone does nothing any more, and who is said to live does.
 */
export const livesAsHeard =
  ({ everyMs }: { readonly everyMs: number }): Check =>
  () => {
    const ticks = new Map<string, HistoryEvent>();
    return {
      name: "lives as heard",
      saw(event) {
        if (event.kind !== "fact") return;
        if (event.name === "ticked") ticks.set(pathOf(event.about), event);
        if (event.name !== "heard") return;
        const [path = "", what = ""] = event.about.split(" ");
        const tick = ticks.get(path);
        const silentMs = event.atMs - (tick?.atMs ?? Number.NEGATIVE_INFINITY);
        const isAlive = silentMs <= 3 * everyMs;
        if (isAlive === (what === "lives")) return;
        const text = `${path} ${what} as all nodes hear, and ticked ${silentMs} ms ago`;
        throw broken(text, tick ? [tick.id, event.id] : [event.id]);
      },
    };
  };

/** `b~1/one#7` to `/one`. */
const pathOf = (actor: string): string => actor.slice(actor.indexOf("/"), actor.indexOf("#"));

/**
 * By the facts `noted`, an actor and how many notes it has handled: no move takes back what it knows.
 * By those of `said`, the same: at rest it knows of all of them.
 */
export const stateKept: Check = () => {
  const notes = new Map<string, number>();
  return {
    name: "state kept",
    saw(event) {
      if (event.kind !== "fact" || (event.name !== "noted" && event.name !== "said")) return;
      const [actor = "", count = ""] = event.about.split(" ");
      if (event.name === "said") {
        if (Number(count) === (notes.get(actor) ?? 0)) return;
        const text = `${actor} says that it has handled ${count} notes, and has ${notes.get(actor)}`;
        throw broken(text, [event.id]);
      }
      const expected = (notes.get(actor) ?? 0) + 1;
      notes.set(actor, expected);
      if (Number(count) === expected) return;
      throw broken(`${actor} has handled ${expected} notes, and knows of ${count}`, [event.id]);
    },
  };
};

interface Sent {
  readonly id: number;
  readonly stream: string;
  readonly sequence: number;
  readonly node: string;
}

/**
 * Of the messages that a living node has sent, each was handled; or some node ended after it was sent,
 * and may have taken it along; or one had ended before, and it is among the dead letters of its method.
 */
export const lostWithNodesOnly = (method: string): Check => {
  return () => {
    const open = new Map<string, Sent>();
    let endings = 0;
    let lastEnding = 0;
    let letters = 0;
    return {
      name: "lost with nodes only",
      saw(event) {
        if (event.kind === "sent") {
          const { id, stream, sequence } = event;
          open.set(`${stream} ${sequence}`, { id, stream, sequence, node: nodeOf(event) });
        } else if (event.kind === "handled") open.delete(`${event.stream} ${event.sequence}`);
        else if (event.kind === "dead" && event.method === method) letters += 1;
        else if (event.kind === "node-ended") {
          endings += 1;
          lastEnding = event.id;
        }
      },
      settled({ living }) {
        for (const { id, node, sequence, stream } of open.values()) {
          const [name = "", incarnation = ""] = node.split("~");
          const isExcused = living.get(name) !== Number(incarnation) || id < lastEnding;
          if (isExcused || (endings > 0 && letters-- > 0)) continue;
          const why = endings === 0 ? "while no node ended" : "and is no dead letter";
          throw broken(`${stream}: ${sequence} was not handled, ${why}`, [id]);
        }
      },
    };
  };
};
