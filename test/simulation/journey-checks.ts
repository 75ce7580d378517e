// What must hold of actors that move, wherever they are and whoever dies: the promise of moving, seen from
// outside.
import { formatNode } from "#protocols/address.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import type { HistoryEvent } from "#runtime/testkit/simulation/history.ts";

const nodeOf = ({ node, incarnation }: HistoryEvent): string =>
  formatNode({ name: node, incarnation });

/** Once an actor has begun at a place, nothing is handled at any place where it was before. */
export const oneLife: Check = () => {
  const places = new Map<string, { readonly node: string; readonly event: number }>();
  return {
    name: "one life",
    saw(event) {
      const node = nodeOf(event);
      if (event.kind === "spawned") places.set(event.actor, { node, event: event.id });
      if (event.kind !== "handled") return;
      const place = places.get(event.receiver);
      if (place === undefined || place.node === node) return;
      const text = `${event.receiver} lives on ${place.node}, and handled a note on ${node}`;
      throw broken(text, [place.event, event.id]);
    },
  };
};

/** By the facts `noted`, an actor and how many notes it has handled: no move takes back what it knows. */
export const stateKept: Check = () => {
  const notes = new Map<string, number>();
  return {
    name: "state kept",
    saw(event) {
      if (event.kind !== "fact" || event.name !== "noted") return;
      const [actor = "", count = ""] = event.about.split(" ");
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
