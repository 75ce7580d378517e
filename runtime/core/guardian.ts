// The root of a node's actors. It understands no message; it only is everybody's ancestor.
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "./actor.ts";

// biome-ignore lint/complexity/noBannedTypes: the guardian understands no message at all.
const Guardian = protocol<{}>("troupe.Guardian@1", {});

export class GuardianActor extends Actor<unknown> {
  static readonly protocol = Guardian;
}
