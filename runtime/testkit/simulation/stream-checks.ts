// Checks on numbered streams of messages: from one life of a sender to one receiver, by name.
//
//   sent 1, 2, 3, 4  ──►  handled 1, 2 by one life of the receiver, 4 by the next, 3 lost or dead
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";

type Handled = Extract<HistoryEvent, { kind: "handled" }>;

interface Last {
  readonly sequence: number;
  readonly event: number;
}

const lifeOf = ({ stream, receiver }: Handled): string => `${stream} at ${receiver}`;

/** Per sender first in, first out: each life of a receiver handles a stream in the order sent. */
export const inOrder: Check = () => {
  const last = new Map<string, Last>();
  return {
    name: "in order",
    saw(event) {
      if (event.kind !== "handled") return;
      const life = lifeOf(event);
      const before = last.get(life);
      if (before && before.sequence > event.sequence) {
        const text = `${life} handled ${event.sequence} after ${before.sequence}`;
        throw broken(text, [before.event, event.id]);
      }
      last.set(life, { sequence: event.sequence, event: event.id });
    },
  };
};

/** No message is handled twice, and none that was not sent. */
export const atMostOnce: Check = () => {
  const sent = new Map<string, number>();
  const handled = new Map<string, Map<number, number>>();
  return {
    name: "at most once",
    saw(event) {
      if (event.kind === "sent") {
        const expected = (sent.get(event.stream) ?? 0) + 1;
        if (event.sequence !== expected) {
          const text = `${event.stream} must send ${expected} next, not ${event.sequence}`;
          throw broken(text, [event.id]);
        }
        sent.set(event.stream, event.sequence);
      }
      if (event.kind !== "handled") return;
      const { stream, sequence, id } = event;
      if (sequence > (sent.get(stream) ?? 0)) {
        throw broken(`${stream}: ${sequence} was handled and never sent`, [id]);
      }
      const ofStream = handled.get(stream) ?? new Map<number, number>();
      handled.set(stream, ofStream);
      const first = ofStream.get(sequence);
      if (first !== undefined)
        throw broken(`${stream}: ${sequence} was handled twice`, [first, id]);
      ofStream.set(sequence, id);
    },
  };
};

/**
 * One life of a receiver that handled a message misses none that was sent between two that it
 * handled, but those that its sender was told of as lost.
 */
export const noGap: Check = () => {
  const lost = new Map<string, Set<number>>();
  const last = new Map<string, Last>();
  /** Gaps that a report of loss may still explain: it may come after the next message. */
  const gaps: { stream: string; sequence: number; events: readonly number[] }[] = [];
  return {
    name: "no gap",
    saw(event) {
      if (event.kind === "lost") {
        const ofStream = lost.get(event.stream) ?? new Set();
        lost.set(event.stream, ofStream.add(event.sequence));
      }
      if (event.kind !== "handled") return;
      const { stream, sequence, id } = event;
      const life = lifeOf(event);
      const before = last.get(life);
      for (let missing = (before?.sequence ?? sequence) + 1; missing < sequence; missing++) {
        gaps.push({ stream, sequence: missing, events: [before?.event ?? id, id] });
      }
      last.set(life, { sequence, event: id });
    },
    settled() {
      const open = gaps.find(({ stream, sequence }) => !lost.get(stream)?.has(sequence));
      if (!open) return;
      const text = `${open.stream}: ${open.sequence} was passed over, and nobody was told`;
      throw broken(text, open.events);
    },
  };
};

/**
 * Every message of a stream between nodes that still live was handled, reported lost, or counted as
 * a dead letter of its method. Streams begin with the names `sender>receiver` of their nodes.
 */
export const nothingVanishes = (method: string): Check => {
  return () => {
    const open = new Map<string, Map<number, { event: number; from: string; born: number }>>();
    const dead = new Map<string, number>();
    const close = (stream: string, sequence: number) => open.get(stream)?.delete(sequence);
    return {
      name: "nothing vanishes",
      saw(event) {
        if (event.kind === "sent") {
          const ofStream = open.get(event.stream) ?? new Map();
          open.set(event.stream, ofStream);
          const { id, node, incarnation } = event;
          ofStream.set(event.sequence, { event: id, from: node, born: incarnation });
        } else if (event.kind === "handled" || event.kind === "lost") {
          close(event.stream, event.sequence);
        } else if (event.kind === "dead" && event.method === method) {
          dead.set(event.node, (dead.get(event.node) ?? 0) + 1);
        } else if (event.kind === "node-ended") {
          // What was on its way from there or to there may be lost with it.
          for (const stream of [...open.keys()]) {
            if (nodesOf(stream).includes(event.node)) open.delete(stream);
          }
        }
      },
      settled({ living }) {
        let deadLeft = [...dead.values()].reduce((sum, count) => sum + count, 0);
        for (const [stream, messages] of open) {
          for (const [sequence, { event, from, born }] of messages) {
            if (living.get(from) !== born || deadLeft-- > 0) continue;
            const text = `${stream}: ${sequence} was neither handled, nor lost, nor a dead letter`;
            throw broken(text, [event]);
          }
        }
      },
    };
  };
};

/** `a>b/counter` to `a` and `b`. */
const nodesOf = (stream: string): readonly string[] =>
  (stream.split("/", 1)[0] ?? stream).split(">");
