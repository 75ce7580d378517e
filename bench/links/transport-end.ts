// One end of Troupe's links without actors: the transport alone, reliable, ordered, flow-controlled.
import { randomInt } from "node:crypto";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { plainSecurity } from "#runtime/links/link-security.ts";
import { LinkTransport } from "#runtime/links/link-transport.ts";
import { zeromqCarrier } from "#runtime/links/zeromq-carrier.ts";
import { silent } from "../core/contenders/silent-log.ts";

class NoRef {}

export interface TransportEnd {
  readonly address: string;
  send(envelope: Envelope): void;
  /** Settles when little enough waits for the link. */
  room(): Promise<void>;
}

export async function openEnd(
  end: {
    readonly name: string;
    readonly peer: string;
    readonly peerAddress?: string;
    /** Where the peer is to dial back, when a line stands before this end. */
    readonly advertise?: string;
  },
  heard: (envelope: Envelope) => void,
): Promise<TransportEnd> {
  const { advertise, name, peer, peerAddress } = end;
  const security = plainSecurity("machine");
  const transport = new LinkTransport({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    peers: new Map(peerAddress === undefined ? [] : [[peer, peerAddress]]),
    ...(advertise === undefined ? {} : { advertise }),
    carrier: zeromqCarrier(security.sockets),
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    newSession: () => randomInt(1, 2 ** 48 - 1),
    log: silent,
    codec: createCodec({
      refs: { describe: () => undefined, revive: () => undefined },
      refClass: NoRef,
    }),
  });
  let room: Promise<void> = Promise.resolve();
  let eased: () => void = () => {};
  await transport.start({
    deliver: (_from, envelope) => {
      heard(envelope);
      return "taken";
    },
    congested: (_node, isCongested) => {
      eased();
      if (!isCongested) return;
      room = new Promise((resolve) => {
        eased = resolve;
      });
    },
    introduction: () => new Uint8Array(),
    introduced: () => {},
    nodeDown: (node) => {
      throw new Error(`${node.name} was declared down`);
    },
    nodeUp: () => {},
    refused: (by) => {
      throw new Error(`refused by ${by.name}`);
    },
  });
  return {
    address: transport.address,
    room: () => room,
    send: (envelope) => {
      const outcome = transport.send({ name: peer, incarnation: 0 }, envelope);
      if (outcome !== "accepted") throw new Error(`the link did not take a message: ${outcome}`);
    },
  };
}
