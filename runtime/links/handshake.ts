// Who may open a stream to whom. Pure: greeting in, decision out.
//
//   dialler  -- Hello(versions, who, where it listens, session, wanted incarnation) -->  listener
//            <-- Challenge(nonce), where nodes have keys --
//            -- Proof --
//            <-- Welcome(version, who, up to which numbers it has the session's lanes) --
//            <-- or Refuse(reason) --
//
// A session belongs to one incarnation on either side. `wanted` 0 opens a new session with
// whichever process answers; any other number resumes one, which only that process can know.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { FrameOf, RefusalReason } from "#protocols/frames.ts";
import { agreedVersion, protocolVersion, protocolVersionMin } from "#protocols/version.ts";
import { isWithin, type Reach } from "./address-reach.ts";
import type { LifeVerdict } from "./peer-lives.ts";

export type HelloVerdict =
  | { readonly kind: "fresh" | "resume" }
  | { readonly kind: "refuse"; readonly reason: RefusalReason; readonly text: string };

export interface Listener {
  readonly self: NodeId;
  /** Its name, which greeters have to give when they give one; empty for none. */
  readonly cluster: string;
  /** What the greeter's incarnation is to us. */
  readonly life: LifeVerdict;
  /** The greeter's present session here; 0 for none. */
  readonly session: number;
  /** Which addresses may be dialled. */
  readonly reach: Reach;
}

export function judgeHello(hello: FrameOf<"hello">, listener: Listener): HelloVerdict {
  const { self, life } = listener;
  if (agreedVersion(hello) === undefined) {
    const ours = `${protocolVersionMin} to ${protocolVersion}`;
    const theirs = `${hello.versionMin} to ${hello.version}`;
    return refuse("version", `speaks versions ${ours}, not ${theirs}: run the same release`);
  }
  if (hello.cluster !== listener.cluster && hello.cluster !== "" && listener.cluster !== "") {
    const text = `belongs to cluster ${listener.cluster}, not ${hello.cluster}: look at the addresses`;
    return refuse("other_cluster", text);
  }
  if (hello.node.name === self.name) {
    return refuse("invalid", `is itself named ${self.name}: give every node a name of its own`);
  }
  if (!isWithin(listener.reach, hello.address)) {
    const remedy = listener.reach === "machine" ? "only loopback without keys" : "give tcp or ipc";
    return refuse("invalid", `cannot dial back to ${hello.address}: ${remedy}`);
  }
  if (life === "gone") {
    return refuse("quarantined", `declared ${formatNode(hello.node)} down: start it anew`);
  }
  if (hello.wanted !== 0 && hello.wanted !== self.incarnation) {
    return refuse("other_incarnation", `is not incarnation ${hello.wanted.toString(36)}`);
  }
  if (hello.session === listener.session && life === "current") return { kind: "resume" };
  const { control, messages, bulk } = hello.first;
  if (hello.wanted !== 0 || control !== 1 || messages !== 1 || bulk !== 1) {
    return refuse("unknown_session", "does not know the session that is to be resumed");
  }
  return { kind: "fresh" };
}

const refuse = (reason: RefusalReason, text: string): HelloVerdict => ({
  kind: "refuse",
  reason,
  text,
});
