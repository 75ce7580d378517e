// A transport that keeps what it is told, for tests that await it.
import { randomInt } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { NodeId } from "#protocols/address.ts";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Delivery, SendOutcome, TransportEvents } from "#runtime/core/ports.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import { LinkTransport } from "#runtime/links/link-transport.ts";
import { zeromqCarrier } from "#runtime/links/zeromq-carrier.ts";

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

export class TestTransport implements TransportEvents {
  readonly transport: LinkTransport;
  readonly received: unknown[] = [];
  /** `up b~1`, `down b~1 lost 0`, `refused by b~1` */
  readonly events: string[] = [];
  readonly lost: Envelope[] = [];
  /** `congested b`, `eased b` */
  readonly congestion: string[] = [];
  readonly #name: string;
  readonly #changed = new EventEmitter();

  constructor(options: TestTransportOptions) {
    this.#name = options.name;
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
    await made.transport.start(made);
    return made;
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

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this.#changed, "changed");
  }

  deliver(_from: NodeId, envelope: Envelope): Delivery {
    this.received.push(envelope.kind === "reply" ? envelope.value : envelope.kind);
    this.#changed.emit("changed");
    return "taken";
  }

  congested(node: NodeId, isCongested: boolean): void {
    this.congestion.push(`${isCongested ? "congested" : "eased"} ${node.name}`);
    this.#changed.emit("changed");
  }

  introduction(): Uint8Array {
    return Buffer.from(this.#name);
  }

  introduced(): void {}

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    this.lost.push(...lost);
    this.#note(`down ${node.name}~${node.incarnation} lost ${lost.length}`);
  }

  nodeUp(node: NodeId): void {
    this.#note(`up ${node.name}~${node.incarnation}`);
  }

  refused(by: NodeId): void {
    this.#note(`refused by ${by.name}~${by.incarnation}`);
  }

  #note(event: string): void {
    this.events.push(event);
    this.#changed.emit("changed");
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
