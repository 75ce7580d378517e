// Everybody who may take part in the links' workloads, and what each is called in tables.
import { fileURLToPath } from "node:url";
import type { Subject } from "../contest.ts";
import type { Sizing } from "../core/trial.ts";
import { trialSubject } from "../core/trial-subject.ts";
import type { ErlangPair } from "./erlang-pair.ts";
import type { LinkWork } from "./link-runtime.ts";

export const contenders = fileURLToPath(new URL("./contenders", import.meta.url));

/** What a contender cannot do without. */
export type Need = "comedy" | "moleculer" | "nats" | "nats-server";

export type Entrant =
  | {
      readonly program: "node";
      readonly peer: string;
      readonly variant: string;
      /** A file under contenders/ without its ending. */
      readonly module: string;
      readonly needs: readonly Need[];
    }
  | {
      readonly program: "erlang";
      readonly peer: string;
      readonly variant: string;
      /** A clause of `work` in link_contender.erl. */
      readonly work: string;
    };

const node = (
  peer: string,
  module: string,
  variant: string,
  ...needs: readonly Need[]
): Entrant & { readonly program: "node" } => ({ program: "node", peer, module, variant, needs });

export const troupe = node("troupe", "troupe", "actors, links without keys");
export const troupeCurve = node("troupe, CURVE", "troupe-curve", "actors, links with keys");
export const transport = node("troupe's links", "transport", "no actors");
export const troupeMoving = node("troupe", "troupe-moving", "moves, links without keys");
export const troupeStaying = node("round trip", "troupe-staying", "the same load, nobody moves");
export const zeromqBatched = node("zeromq.js batched", "zeromq-batched", "100 to a frame");
export const zeromqNatural = { ...zeromqBatched, variant: "what waits goes together" };
export const zeromqSingle = node("zeromq.js", "zeromq-single", "1 to a frame");
export const net = node("Node net", "net", "100 to a frame");
export const messagePort = node("MessagePort", "message-port", "a thread, 100 to a post");
export const nats = node("NATS", "nats", "through a server", "nats", "nats-server");
export const moleculer = node("Moleculer", "moleculer", "TCP transporter", "moleculer");
export const comedy = node("comedy", "comedy", "forked actor", "comedy");

export const erlang = (peer: string, work: string): Entrant => ({
  ...{ program: "erlang", peer, work },
  variant: "distribution, 1 scheduler",
});

export function subjectOf(
  entrant: Entrant,
  own: { readonly work: LinkWork; readonly sizing: Sizing },
  pair: ErlangPair | undefined,
): Subject | undefined {
  const { peer, variant } = entrant;
  const { sizing, work } = own;
  if (entrant.program === "erlang") {
    return pair?.subject({ peer, variant, work: entrant.work, sizing });
  }
  const { module } = entrant;
  const order = { work, setting: { actors: 2 }, sizing };
  return trialSubject({ peer, variant, module, folder: contenders, order });
}
