// Moleculer over its TCP transporter: events for tells, actions for asks, its own JSON.

import { freePort } from "../../../test/sockets/free-port.ts";
import { startFar } from "../far-process.ts";
import { conversed, countedInAll, toldInTurns, worksOf } from "../link-runtime.ts";
import { startBroker } from "../moleculer-broker.ts";

export const works = worksOf(async (work) => {
  const ports = `${await freePort()},${await freePort()}`;
  const broker = await startBroker("near", ports);
  await startFar("moleculer", work, ports);
  await broker.waitForServices("far");
  const take = async (): Promise<number> => Number(await broker.call("far.taken"));
  return {
    stream: async (count) => {
      await toldInTurns(count, (item) => broker.emit("bench.item", item));
      return countedInAll(count, take);
    },
    converse: (order) =>
      conversed(order, async (item) => Number(await broker.call("far.next", item))),
  };
});
