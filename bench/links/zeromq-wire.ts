// A wire of two ZeroMQ sockets as they come: a dealer that connects, a router that is bound. Frames are
// MessagePack with records, which name the fields of equal objects once a frame.
import { Packr } from "msgpackr";
import { Dealer, Router } from "zeromq";
import type { Received, Wire } from "./wire.ts";

export function dealerWire(address: string, received: Received): Promise<Wire> {
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(address);
  const packr = new Packr({ useRecords: true });
  void (async () => {
    for await (const [frame] of dealer) received(packr.unpack(frame ?? new Uint8Array()));
  })();
  return Promise.resolve({ send: (value) => dealer.send(packr.pack(value)) });
}

/** Answers whoever was heard last; tells its address once it is bound. */
export async function routerWire(
  received: Received,
  bound: (address: string) => void,
): Promise<Wire> {
  const router = new Router({ linger: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const packr = new Packr({ useRecords: true });
  let route: Uint8Array = new Uint8Array();
  void (async () => {
    for await (const [from, frame] of router) {
      if (from !== undefined) route = from;
      received(packr.unpack(frame ?? new Uint8Array()));
    }
  })();
  bound(router.lastEndpoint ?? "");
  return { send: (value) => router.send([route, packr.pack(value)]) };
}
