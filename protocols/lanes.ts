// The three lanes of a link, each a stream of its own: what overtakes what between two nodes.
//
//   control    cancels, watches, ends of actors, control tells: never behind anything else
//   messages   tells, asks and answers, in order
//   bulk       large byte arrays, in chunks between the messages
//
// A message waits where it is received until its bulk bytes are there, and with it what came later for
// the same actor: order holds, and nobody else waits.
import type { Envelope } from "./envelope.ts";

export type Lane = "control" | "messages" | "bulk";

/** One number of each lane: sequence numbers, mostly. */
export type PerLane<T> = Readonly<Record<Lane, T>>;

export const laneOf = (envelope: Envelope): "control" | "messages" => {
  switch (envelope.kind) {
    case "ask":
    case "reply":
    case "refusal":
      return "messages";
    case "tell":
      return envelope.isControl === true ? "control" : "messages";
    case "cancel":
    case "watch":
    case "unwatch":
    case "terminated":
    case "pause":
    case "resume":
      return "control";
    default:
      return envelope satisfies never;
  }
};

/** Where nodes speak of moving actors. Names that begin with $ are given to nobody. */
export const movingPath = "/$moving";

/** It asks whether all that was sent before has come: it goes behind all of that, whoever it is for. */
export const isBarrier = (envelope: Envelope): boolean =>
  envelope.kind === "tell" && envelope.to.uid === 1 && envelope.to.path === movingPath;

/** Envelopes of equal keys must be delivered in the order in which they were sent. */
export const orderKey = (envelope: Envelope): string => {
  switch (envelope.kind) {
    case "tell":
    case "ask":
    case "watch":
    case "unwatch":
    case "pause":
    case "resume":
      return envelope.to.uid === 0 ? envelope.to.path : `#${envelope.to.uid}`;
    case "terminated":
      return `#${envelope.watcher}`;
    case "cancel":
    case "reply":
    case "refusal":
      return `?${envelope.correlation}`;
    default:
      return envelope satisfies never;
  }
};
