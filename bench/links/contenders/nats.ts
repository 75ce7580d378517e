// NATS: a server between the two, core subjects without storage; items in the same MessagePack.
import { Packr } from "msgpackr";
import { requirePeer } from "../../peers/installed-package.ts";
import { startFar } from "../far-process.ts";
import type { Item } from "../item.ts";
import { conversed, countedInAll, told, worksOf } from "../link-runtime.ts";
import { type Nats, natsSubject } from "../nats-client.ts";
import { startNatsServer } from "../nats-server.ts";

const nats: Nats = requirePeer("nats");

export const works = worksOf(async (work) => {
  const servers = await startNatsServer();
  await startFar("nats", work, servers);
  const connection = await nats.connect({ servers });
  const packr = new Packr({ useRecords: true });
  const asked = async (bytes: Uint8Array): Promise<number> => {
    const { data } = await connection.request(natsSubject, bytes, { timeout: 170_000 });
    return Number(packr.unpack(data));
  };
  const nothing = new Uint8Array();
  // One round trip to the server behind: what waits is bounded, and nobody stands still.
  let flushed: Promise<void> = Promise.resolve();
  const turn = (): Promise<void> => {
    const before = flushed;
    flushed = connection.flush();
    return before;
  };
  return {
    stream: async (count) => {
      const tell = (item: Item): void => connection.publish(natsSubject, packr.pack(item));
      await told(count, tell, turn);
      return countedInAll(count, () => asked(nothing));
    },
    converse: (order) => conversed(order, (item) => asked(packr.pack(item))),
  };
});
