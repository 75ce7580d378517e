// Who is at the door: judges a greeting, asks for proof where nodes have keys, and answers. Pure.
//
//   hello ─► may it? ─► did it prove who it is? ─► fresh or resumed
//              └ refuse        └ challenge, or refuse
import { formatNode, type NodeId } from "#protocols/address.ts";
import { encodeFrame } from "#protocols/frame-layout.ts";
import type { FrameOf, RefusalReason } from "#protocols/frames.ts";
import type { PerLane } from "#protocols/lanes.ts";
import { agreedVersion } from "#protocols/version.ts";
import type { Reach } from "./address-reach.ts";
import { judgeHello } from "./handshake.ts";
import type { LinkSink, Route } from "./link-sink.ts";
import type { Identity } from "./node-identity.ts";
import type { LifeVerdict } from "./peer-lives.ts";

export interface DeskOptions {
  readonly self: NodeId;
  /** The name of this node's cluster; empty: whoever comes is believed to belong to it. */
  readonly cluster: string;
  /** How the nodes prove which they are. */
  readonly identity: Identity;
  /** Which addresses may be dialled. */
  readonly reach: Reach;
  /** What this node's engine says of itself to every peer. */
  readonly introduction: () => Uint8Array;
  readonly sink: LinkSink;
}

export interface Greeting {
  readonly route: Route;
  readonly hello: FrameOf<"hello">;
}

/** Who may come in, and by which key it has proved itself; undefined where nobody has keys. */
export interface Admitted {
  readonly session: "fresh" | "resume";
  readonly key: string | undefined;
}

export class GreetingDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Undefined when it was refused, or has to prove itself first; either was answered. */
  admit(
    greeting: Greeting,
    known: { readonly life: LifeVerdict; readonly session: number },
    nowMs: number,
  ): Admitted | undefined {
    const { cluster, self, reach } = this.#options;
    const verdict = judgeHello(greeting.hello, { self, cluster, reach, ...known });
    if (verdict.kind === "refuse") {
      this.#refuse(greeting, verdict.reason, verdict.text);
      return undefined;
    }
    const proved = this.#proved(greeting, nowMs);
    return proved && { session: verdict.kind, key: proved.key };
  }

  welcome({ route, hello }: Greeting, acknowledged: PerLane<number>): void {
    const { self, introduction, sink } = this.#options;
    const version = agreedVersion(hello) ?? 0;
    const known = { kind: "welcome", session: hello.session, acknowledged, version } as const;
    sink.answer(route, encodeFrame({ ...known, node: self, introduction: introduction() }));
  }

  #proved(greeting: Greeting, nowMs: number): { readonly key: string | undefined } | undefined {
    const { identity, self } = this.#options;
    const { session, node, nonce, proof } = greeting.hello;
    if (proof.length === 0) {
      return this.#challenge(greeting, nowMs) ? undefined : { key: undefined };
    }
    const claim = { nonce, from: node, to: self.name, session };
    const verdict = identity.verify(claim, proof, nowMs);
    switch (verdict.kind) {
      case "proved":
        return verdict;
      case "stale":
        this.#challenge(greeting, nowMs);
        return undefined;
      case "refused":
        this.#refuse(greeting, "identity", verdict.text);
        return undefined;
      default:
        return verdict satisfies never;
    }
  }

  /** False when no proof is needed. */
  #challenge({ route, hello: { session } }: Greeting, nowMs: number): boolean {
    const nonce = this.#options.identity.challenge(session, nowMs);
    if (nonce === undefined) return false;
    this.#options.sink.answer(route, encodeFrame({ kind: "challenge", session, nonce }));
    return true;
  }

  #refuse(
    { route, hello: { session, node } }: Greeting,
    reason: RefusalReason,
    text: string,
  ): void {
    const { self, sink } = this.#options;
    sink.answer(route, encodeFrame({ kind: "refuse", session, reason, node: self, text }));
    sink.log("warn", `refused a greeting of ${formatNode(node)}: ${text}`);
  }
}
