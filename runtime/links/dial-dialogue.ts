// What the dialler hears in answer to its greeting, and what follows: the link opens, proves who this
// is, waits, or learns that the peer is gone or wants none of it. Pure.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { FrameOf } from "#protocols/frames.ts";
import { agreedVersion } from "#protocols/version.ts";
import type { LinkSink } from "./link-sink.ts";
import type { Identity } from "./node-identity.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerLives } from "./peer-lives.ts";

export interface DialogueOptions {
  readonly self: NodeId;
  readonly peerName: string;
  readonly identity: Identity;
  readonly sink: LinkSink;
}

export interface DialogueParts {
  readonly outbound: Outbound;
  readonly lives: PeerLives;
  /** A newer process of that name lives. */
  adopt(incarnation: number, nowMs: number): void;
  declareDown(incarnation: number, reason: string, nowMs: number): void;
  /** What waited for whichever process bears the name is lost. */
  giveUpAnybody(): void;
}

export class DialDialogue {
  readonly #options: DialogueOptions;
  readonly #parts: DialogueParts;

  constructor(options: DialogueOptions, parts: DialogueParts) {
    this.#options = options;
    this.#parts = parts;
  }

  challenged({ nonce }: FrameOf<"challenge">, nowMs: number): void {
    const { outbound } = this.#parts;
    if (outbound.state !== "greeting") return;
    const { identity, self, peerName, sink } = this.#options;
    const { session } = outbound;
    const proof = identity.prove({ nonce, from: self, to: peerName, session });
    if (proof !== undefined && proof.length > 0) {
      outbound.greet(nowMs, { nonce, proof });
      return;
    }
    sink.log("error", "it wants proof of who this is, and no key of it is known here");
    outbound.pause(nowMs);
  }

  welcomed(welcome: FrameOf<"welcome">, nowMs: number): void {
    const { outbound, lives } = this.#parts;
    if (outbound.state !== "greeting") return;
    const { peerName, sink } = this.#options;
    const { incarnation, name } = welcome.node;
    const life = lives.judge(incarnation);
    if (name !== peerName) {
      sink.log("error", `at the address of this peer listens ${name}`);
      outbound.pause(nowMs);
      return;
    }
    if (agreedVersion({ versionMin: welcome.version, version: welcome.version }) === undefined) {
      sink.log("error", `it would speak version ${welcome.version}, which this node does not`);
      outbound.pause(nowMs);
      return;
    }
    if (life === "gone") {
      outbound.refuse("quarantined", `declared ${formatNode(welcome.node)} down`);
      outbound.pause(nowMs);
      return;
    }
    if (life === "newer") this.#parts.adopt(incarnation, nowMs);
    lives.heard(nowMs);
    sink.introduced(welcome.node, welcome.introduction);
    outbound.open(incarnation, welcome.acknowledged, nowMs);
  }

  refused({ node, reason, text }: FrameOf<"refuse">, nowMs: number): void {
    const { peerName, sink } = this.#options;
    if (node.name !== peerName) return;
    if (reason === "other_incarnation") {
      this.#replacedBy(node, nowMs);
      return;
    }
    sink.log("error", `${formatNode(node)} refuses this node (${reason}): it ${text}`);
    // What is there instead of the peer says nothing of the peer.
    if (reason === "identity" || reason === "other_cluster") {
      this.#parts.outbound.pause(nowMs);
      return;
    }
    this.#parts.giveUpAnybody();
    this.#parts.declareDown(node.incarnation, `it refuses this node: ${reason}`, nowMs);
    if (reason === "quarantined") sink.refused(node, text);
  }

  /** Another process answers where the session's was: a newer one takes its place. */
  #replacedBy(node: NodeId, nowMs: number): void {
    const { outbound, lives } = this.#parts;
    if (node.incarnation < outbound.boundTo || lives.judge(node.incarnation) === "gone") {
      outbound.pause(nowMs);
      return;
    }
    this.#parts.declareDown(outbound.boundTo, `${formatNode(node)} took its place`, nowMs);
    outbound.redial(nowMs);
  }
}
