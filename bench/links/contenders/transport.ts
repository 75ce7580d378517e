// Troupe's links without actors: envelopes are made and taken by hand.

import { CutLine, together } from "../cut-line.ts";
import { startFar } from "../far-process.ts";
import { conversed, conversedAfterCuts, type LinkRuntime, told, worksOf } from "../link-runtime.ts";
import { openEnd } from "../transport-end.ts";

const to = { path: "/user/far", uid: 0 } as const;

export const works = worksOf(async (work): Promise<LinkRuntime> => {
  const farAddress = await startFar("transport");
  const lines = work === "ask after a cut" ? [new CutLine(), new CutLine()] : [];
  const [back, peerAddress = farAddress] = await Promise.all(lines.map((line) => line.open()));
  const advertise = back === undefined ? {} : { advertise: back };
  const waiting = new Map<number, (value: number) => void>();
  const end = await openEnd(
    { name: "near", peer: "far", peerAddress, ...advertise },
    (envelope) => {
      if (envelope.kind !== "reply") return;
      waiting.get(envelope.correlation)?.(Number(envelope.value));
      waiting.delete(envelope.correlation);
    },
  );
  lines[0]?.leadTo(end.address);
  lines[1]?.leadTo(farAddress);
  let asked = 0;
  const ask = (method: string, args: readonly unknown[]): Promise<number> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      end.send({ kind: "ask", to, method, args, correlation: asked, remainingMs: 170_000 });
    });
  return {
    stream: async (count) => {
      await told(
        count,
        (item) => end.send({ kind: "tell", to, method: "add", args: [item] }),
        end.room,
      );
      return ask("taken", []);
    },
    converse: (order) => conversed(order, (item) => ask("next", [item])),
    afterCuts: (ms) => conversedAfterCuts(ms, (item) => ask("next", [item]), together(lines)),
  };
});
