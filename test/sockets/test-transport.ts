// A transport that keeps what it is told, for tests that await it.
import { randomInt } from "node:crypto";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import { LinkTransport } from "#runtime/links/link-transport.ts";
import { zeromqCarrier } from "#runtime/links/zeromq-carrier.ts";
import { Heard } from "./heard.ts";

class NoRef {}

export interface TestTransportOptions {
  readonly name: string;
  readonly incarnation?: number;
  readonly bind?: string;
  readonly advertise?: string;
  readonly peers?: Readonly<Record<string, string>>;
  readonly downAfterMs?: number;
  /** Default: without keys. */
  readonly security?: Pick<LinkSecurity, "identity" | "reach" | "sockets">;
}

export class TestTransport {
  readonly transport: LinkTransport;
  readonly heard: Heard;

  constructor(options: TestTransportOptions) {
    this.heard = new Heard(options.name);
    const { name, incarnation = 1, bind = "tcp://127.0.0.1:*", peers = {} } = options;
    const { security = plainSecurity("machine") } = options;
    this.transport = new LinkTransport({
      node: { name, incarnation },
      bind,
      peers: new Map(Object.entries(peers)),
      carrier: zeromqCarrier(security.sockets),
      identity: security.identity,
      reach: security.reach,
      clock: nodeClock,
      timers: new NodeTimers(nodeClock),
      executor: nodeExecutor,
      newSession: () => randomInt(1, 2 ** 48 - 1),
      log: { write: () => {} },
      codec: createCodec({
        refs: { describe: () => undefined, revive: () => undefined },
        refClass: NoRef,
      }),
      ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
      ...(options.downAfterMs === undefined ? {} : { downAfterMs: options.downAfterMs }),
    });
  }

  static async start(options: TestTransportOptions): Promise<TestTransport> {
    const made = new TestTransport(options);
    await made.transport.start(made.heard);
    return made;
  }

  get received(): readonly unknown[] {
    return this.heard.received;
  }

  get events(): readonly string[] {
    return this.heard.events;
  }

  get lost(): readonly Envelope[] {
    return this.heard.lost;
  }

  get congestion(): readonly string[] {
    return this.heard.congestion;
  }

  get address(): string {
    return this.transport.address;
  }

  send(to: string, value: unknown, incarnation = 0): SendOutcome {
    return this.transport.send({ name: to, incarnation }, { kind: "reply", correlation: 1, value });
  }

  stop(): Promise<void> {
    return this.transport.stop(nodeClock.now() + 1_000);
  }

  until(isSo: () => boolean): Promise<void> {
    return this.heard.until(isSo);
  }
}

/** Sends as fast as the link takes it, and waits a turn whenever it is full or now and then. */
export async function sendAll(
  from: TestTransport,
  to: string,
  values: Iterable<unknown>,
): Promise<void> {
  let count = 0;
  for (const value of values) {
    while (from.send(to, value) !== "accepted") await nextTurn();
    if (++count % 500 === 0) await nextTurn();
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
