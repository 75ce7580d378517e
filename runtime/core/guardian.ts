// The root of a node's actors. It understands no message; it only is everybody's ancestor.
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "./actor.ts";
import { ActorKinds } from "./actor-kind.ts";
import { Cell } from "./cell.ts";
import type { CellHost } from "./cell-host.ts";
import type { SupervisionSpec } from "./supervision.ts";

// biome-ignore lint/complexity/noBannedTypes: the guardian understands no message at all.
const Guardian = protocol<{}>("troupe.Guardian@1", {});

export class GuardianActor extends Actor<unknown> {
  static readonly protocol = Guardian;
}

/** The root of a new system, which supervises as is said, or else as anybody does. */
export function createRoot(host: CellHost, supervise: SupervisionSpec | undefined): Cell {
  const kind = new ActorKinds(host).of(GuardianActor, supervise ? { supervise } : {});
  return new Cell(kind, undefined, "", undefined);
}
