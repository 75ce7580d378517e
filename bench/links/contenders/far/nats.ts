// The subscriber: counts what nobody awaits an answer to, and answers the rest.
import { Packr } from "msgpackr";
import { requirePeer } from "../../../peers/installed-package.ts";
import { farDetail, sayAddress } from "../../far-process.ts";
import { isItem } from "../../item.ts";
import { type Nats, natsSubject } from "../../nats-client.ts";

const nats: Nats = requirePeer("nats");
const connection = await nats.connect({ servers: farDetail });
const packr = new Packr({ useRecords: true });
let count = 0;
connection.subscribe(natsSubject, {
  callback: (error, message) => {
    if (error) throw error;
    const item = message.data.length === 0 ? undefined : packr.unpack(message.data);
    if (!message.reply) {
      if (isItem(item)) count += 1;
      return;
    }
    message.respond(packr.pack(isItem(item) ? item.id + 1 : count));
    if (!isItem(item)) count = 0;
  },
});
await connection.flush();
sayAddress(farDetail);
