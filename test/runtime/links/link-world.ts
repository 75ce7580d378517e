// Two nodes' links over a network that a test drives by hand: it may lose, repeat and reorder frames
// and cut connections. Virtual time only.
import { type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { decodeFrame, encodeFrame } from "#protocols/frame-layout.ts";
import { type Frame, isReplyFrame, isStreamFrame } from "#protocols/frames.ts";
import type { Delivery } from "#runtime/core/ports.ts";
import { Link } from "#runtime/links/link.ts";
import type { LinkSink } from "#runtime/links/link-sink.ts";
import { linkTiming } from "#runtime/links/link-timing.ts";
import { plainIdentity } from "#runtime/links/node-identity.ts";

class NoRef {}
const codec: Codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: (address, protocolId) => ({ address, protocolId }) },
});

interface Flight {
  readonly connection: Connection;
  readonly direction: "out" | "back";
  readonly parts: readonly Buffer[];
}
interface Connection {
  readonly route: Uint8Array;
  readonly from: TestNode;
  readonly to: TestNode;
  isCut: boolean;
}

export class TestNode {
  readonly name: string;
  readonly incarnation: number;
  readonly link: Link;
  /** The values of the replies among the delivered. */
  readonly received: unknown[] = [];
  readonly delivered: Envelope[] = [];
  /** What this node's engine says to each message. */
  delivery: Delivery = "taken";
  readonly events: string[] = [];
  readonly lost: Envelope[] = [];
  isDialing = false;
  connection: Connection | undefined;
  readonly #world: World;

  constructor(
    world: World,
    name: string,
    incarnation: number,
    { peerName, cluster }: { readonly peerName: string; readonly cluster: string },
  ) {
    this.#world = world;
    this.name = name;
    this.incarnation = incarnation;
    this.link = new Link({
      self: { name, incarnation },
      cluster,
      peerName,
      address: `ipc://${peerName}`,
      listenAddress: () => `ipc://${name}`,
      timing: linkTiming(1_500),
      codec,
      newSession: () => world.sessions++,
      identity: plainIdentity,
      reach: "machine",
      introduction: () => new Uint8Array(),
      sink: this.#sink(),
    });
  }

  send(value: unknown, incarnation = 0): string {
    return this.post({ kind: "reply", correlation: 1, value }, incarnation);
  }

  post(envelope: Envelope, incarnation = 0): string {
    const outcome = this.link.send(incarnation, envelope);
    this.link.flush(this.#world.nowMs);
    return outcome;
  }

  #sink(): LinkSink {
    const world = this.#world;
    return {
      dial: () => {
        world.cut(this.connection);
        this.connection = undefined;
        this.isDialing = true;
      },
      hangUp: () => {
        world.cut(this.connection);
        this.connection = undefined;
        this.isDialing = false;
      },
      transmit: (parts) => {
        if (this.connection) world.launch(this.connection, "out", parts);
        return true;
      },
      answer: (route, frame) => {
        const connection = world.connections.find((candidate) => candidate.route === route);
        if (connection && !connection.isCut) world.launch(connection, "back", [frame]);
      },
      deliver: (_from, envelope) => {
        this.delivered.push(envelope);
        if (envelope.kind === "reply") this.received.push(envelope.value);
        return this.delivery;
      },
      congested: (isCongested) => this.events.push(isCongested ? "congested" : "eased"),
      introduced: () => {},
      up: (node) => this.events.push(`up ${node.name}~${node.incarnation}`),
      down: (node, lost) => {
        this.events.push(`down ${node.name}~${node.incarnation} lost ${lost.length}`);
        this.lost.push(...lost);
      },
      refused: (by) => this.events.push(`refused by ${by.name}~${by.incarnation}`),
      log: () => {},
    };
  }
}

export class World {
  nowMs = 1_000;
  sessions = 1;
  connections: Connection[] = [];
  flights: Flight[] = [];
  readonly nodes: TestNode[] = [];

  start(name: string, incarnation: number, peerName: string, cluster = ""): TestNode {
    const node = new TestNode(this, name, incarnation, { peerName, cluster });
    this.nodes.push(node);
    return node;
  }

  /** The process is gone at once; whoever is connected notices. */
  kill(node: TestNode): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    for (const connection of [...this.connections]) {
      if (connection.from === node || connection.to === node) this.breakConnection(connection);
    }
  }

  launch(connection: Connection, direction: "out" | "back", parts: readonly Uint8Array[]): void {
    if (connection.isCut) return;
    this.flights.push({ connection, direction, parts: parts.map((part) => Buffer.from(part)) });
  }

  /** What is on its way on it is lost; nobody is told. */
  cut(connection: Connection | undefined): void {
    if (connection === undefined) return;
    connection.isCut = true;
    this.flights = this.flights.filter((flight) => flight.connection !== connection);
    this.connections = this.connections.filter((candidate) => candidate !== connection);
  }

  /** As `cut`, and the dialler is told. */
  breakConnection(connection: Connection): void {
    this.cut(connection);
    if (connection.from.connection === connection && this.nodes.includes(connection.from)) {
      connection.from.connection = undefined;
      connection.from.link.disconnected(this.nowMs);
    }
  }

  /** Completes pending dials to processes that run. */
  connect(): void {
    for (const from of this.nodes) {
      const to = this.nodes.find((node) => node.name !== from.name);
      if (!from.isDialing || to === undefined) continue;
      from.isDialing = false;
      from.connection = { route: new Uint8Array(1), from, to, isCut: false };
      this.connections.push(from.connection);
      from.link.connected(this.nowMs);
    }
  }

  /** Delivers the flight at this position. */
  land(index: number): void {
    const [flight] = this.flights.splice(index, 1);
    if (flight) this.arrive(flight);
  }

  arrive({ connection, direction, parts }: Flight): void {
    const frame = readable(parts);
    if (frame === undefined) return;
    if (direction === "back") {
      if (isReplyFrame(frame)) connection.from.link.returned(frame, this.nowMs);
      return;
    }
    const { link } = connection.to;
    if (frame.kind === "hello") link.greeted(connection.route, frame, this.nowMs);
    else if (frame.session === link.inboundSession) {
      if (isStreamFrame(frame)) link.heard(connection.route, frame, parts, this.nowMs);
    } else {
      this.launch(connection, "back", [encodeFrame({ kind: "unknown", session: frame.session })]);
    }
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const node of [...this.nodes]) node.link.tick(this.nowMs, 0);
  }

  /** Lets time pass in small steps with a perfect network. */
  run(ms: number, stepMs = 10): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.connect();
      while (this.flights.length > 0) this.land(0);
      this.advance(stepMs);
    }
  }
}

function readable(parts: readonly Buffer[]): Frame | undefined {
  try {
    return decodeFrame(parts);
  } catch {
    return undefined;
  }
}
