// Between the machines of moving and the links: words to envelopes and back, large ones cut into parts
// and put together, and what a link has no room for kept in its order.
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import {
  type ActorId,
  type CargoPart,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type {
  CommitCargo,
  PeerMessage,
  StreamItem,
  TransferCargo,
} from "#runtime/cluster/migration/peer-message.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { type Cargo, readCargo } from "./cargo.ts";
import { readPieces } from "./cargo-writer.ts";
import type { CarriedMessage, OnLink } from "./carried-message.ts";
import { encodeGate, readGate } from "./gate-parcel.ts";
import {
  asideTell,
  itemTell,
  type LinkItem,
  noticeTell,
  partTell,
  readWord,
} from "./moving-wire.ts";
import { WaitingList } from "./waiting-list.ts";

export type Word = PeerMessage<CarriedMessage, Cargo>;

type Tell = Extract<Envelope, { kind: "tell" }>;

export interface LinesPorts {
  readonly node: NodeId;
  readonly codec: Codec;
  now(): number;
  later(ms: number, act: () => void): void;
  send(to: NodeId, envelope: Envelope): SendOutcome;
  /** The message as it travels, to that node. */
  onLink(aid: ActorId, message: CarriedMessage, to: NodeKey): OnLink;
  received(from: NodeKey, word: Word): void;
  aside(from: NodeId, about: string, fields: readonly unknown[]): void;
  /** The link cannot take the item: its node is gone, or nobody of that name is known. */
  undelivered(to: NodeKey, item: StreamItem<CarriedMessage>): void;
  /** It waits for room on the link. */
  crowded(aid: ActorId, message: CarriedMessage): void;
  /** The message cannot go, and nothing will change that. */
  failed(aid: ActorId, message: CarriedMessage, why: Failure): void;
  log(text: string, why: Failure): void;
}

export class MovingLines {
  readonly #ports: LinesPorts;
  readonly #waiting: WaitingList<Envelope>;
  /** Parts that have come of words that are not whole yet. */
  readonly #parts = new Map<string, CargoPart[]>();

  constructor(ports: LinesPorts) {
    this.#ports = ports;
    this.#waiting = new WaitingList({
      send: (to, envelope) => this.#trySend(to, envelope),
      failed: (to, envelope, why) => this.#failed(to, envelope, why),
      later: (ms, act) => ports.later(ms, act),
    });
  }

  /** Words that wait for the node for which most do. */
  get waitingHighest(): number {
    return this.#waiting.highest;
  }

  send(to: NodeKey, word: Word): void {
    switch (word.kind) {
      case "item":
        this.#sendItem(to, word.item);
        return;
      case "transfer":
      case "commit":
        this.#sendParts(to, word);
        return;
      default:
        this.#waiting.send(to, noticeTell(word));
    }
  }

  aside(to: NodeKey, about: string, ...fields: readonly unknown[]): void {
    this.#waiting.send(to, asideTell(about, fields));
  }

  received(from: NodeId, tell: Tell): void {
    try {
      const word = readWord(tell, this.#ports.now());
      const key = formatNode(from);
      if (word.kind === "aside") this.#ports.aside(from, word.about, word.fields);
      else if (word.kind === "part") this.#partCame(key, word.part);
      else if (word.kind === "item") this.#ports.received(key, word);
      else this.#ports.received(key, word.notice);
    } catch (error) {
      this.#ports.log(`what ${from.name} said of a moving actor cannot be used`, Failure.of(error));
    }
  }

  /** That node is gone, and this was not delivered: items are given back. */
  lost(to: NodeKey, envelopes: readonly Envelope[]): void {
    for (const key of [...this.#parts.keys()])
      if (key.startsWith(`${to}|`)) this.#parts.delete(key);
    for (const envelope of [...envelopes, ...this.#waiting.take(to)]) {
      const item = this.#itemIn(envelope);
      if (item) this.#ports.undelivered(to, item);
    }
  }

  #sendItem(to: NodeKey, item: StreamItem<CarriedMessage>): void {
    const { body } = item;
    if (body.kind !== "message") {
      this.#waiting.send(to, itemTell({ ...item, body }, this.#ports.now()));
      return;
    }
    const message = this.#ports.onLink(item.aid, body.message, to);
    const whole: LinkItem = { ...item, body: { kind: "message", message } };
    try {
      this.#waiting.send(to, itemTell(whole, this.#ports.now()));
      // The link is full: whoever sends over it would pause for it, if it led where the refs say.
      if (this.#waiting.countFor(to) > 0) this.#ports.crowded(item.aid, message);
    } catch (error) {
      this.#ports.failed(item.aid, message, Failure.of(error));
    }
  }

  #sendParts(
    to: NodeKey,
    word: TransferCargo<CarriedMessage, Cargo> | CommitCargo<CarriedMessage>,
  ): void {
    const { aid, epoch, kind, migration } = word;
    const nowMs = this.#ports.now();
    const linked = (message: CarriedMessage): OnLink => this.#ports.onLink(aid, message, to);
    const held = word.gate.held.map((item): LinkItem => {
      const { body } = item;
      if (body.kind !== "message") return { ...item, body };
      return {
        ...item,
        body: { kind: "message", message: this.#ports.onLink(aid, body.message, to) },
      };
    });
    const postFreeze = kind === "commit" ? word.postFreeze.map(linked) : [];
    const gate = encodeGate(
      { gate: { origins: word.gate.origins, held }, postFreeze },
      {
        ...{ codec: this.#ports.codec, nowMs },
        lost: (message, why) => this.#ports.failed(aid, message, Failure.of(why)),
      },
    );
    const batches = [...(kind === "transfer" ? batchesOf(word.cargo) : []), ...gate];
    const revision = kind === "transfer" ? word.fence : word.revision;
    const parts = Math.max(1, batches.length);
    const name = { kind, migration, aid, epoch, revision, parts };
    for (let part = 0; part < parts; part += 1) {
      const { bytes = new Uint8Array(), messages = 0, payloads = [] } = batches[part] ?? {};
      this.#waiting.send(to, partTell({ ...name, part, messages, bytes, payloads: [...payloads] }));
    }
  }

  #partCame(from: NodeKey, part: CargoPart): void {
    const key = `${from}|${part.kind}|${part.migration}`;
    const known = this.#parts.get(key) ?? [];
    const isNext = part.part === known.length && part.parts === (known[0]?.parts ?? part.parts);
    const isTooMuch = this.#parts.size >= 2 * migrationLimits.arrivalsMax && known.length === 0;
    if (!isNext || isTooMuch) {
      this.#parts.delete(key);
      throw new Failure("unavailable", `part ${part.part} of ${part.parts} came out of its turn`);
    }
    const all = [...known, part];
    if (all.length < part.parts) {
      this.#parts.set(key, all);
      return;
    }
    this.#parts.delete(key);
    this.#whole(from, part, all);
  }

  #whole(
    from: NodeKey,
    { aid, epoch, kind, migration, revision }: CargoPart,
    all: readonly CargoPart[],
  ): void {
    const name = { migration, aid, epoch };
    const nowMs = this.#ports.now();
    try {
      const batches = all
        .filter(({ messages }) => messages > 0)
        .map(({ bytes, messages, payloads }) => ({ bytes: asBuffer(bytes), messages, payloads }));
      const pieces = readPieces(this.#ports.codec, batches);
      const { gate, postFreeze } = readGate(pieces, nowMs);
      if (kind === "commit")
        this.#ports.received(from, { kind, ...name, revision, postFreeze, gate });
      else {
        const cargo = readCargo(pieces, nowMs);
        this.#ports.received(from, { kind, ...name, fence: revision, cargo, gate });
      }
    } catch (error) {
      if (kind === "commit") throw error;
      const { detail } = Failure.of(error);
      this.send(from, {
        kind: "refused",
        ...name,
        reason: "target_refused",
        detail: detail.slice(0, 500),
      });
    }
  }

  #trySend(to: NodeKey, envelope: Envelope): SendOutcome {
    const node = parseNode(to);
    return node ? this.#ports.send(node, envelope) : "not_found";
  }

  #failed(to: NodeKey, envelope: Envelope, why: Exclude<SendOutcome, "accepted">): void {
    const item = this.#itemIn(envelope);
    if (!item) return;
    if (why === "node_down" || why === "not_found") this.#ports.undelivered(to, item);
    else if (item.body.kind === "message")
      this.#ports.failed(
        item.aid,
        item.body.message,
        new Failure(why, `a message to ${item.aid} could not be sent on to ${to}`),
      );
  }

  #itemIn(envelope: Envelope): LinkItem | undefined {
    if (envelope.kind !== "tell" || envelope.method !== "item") return undefined;
    const word = readWord(envelope, this.#ports.now());
    return word.kind === "item" ? word.item : undefined;
  }
}

const batchesOf = (cargo: Cargo): readonly EncodedBatch[] =>
  cargo.kind === "encoded" ? cargo.batches : [];

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
