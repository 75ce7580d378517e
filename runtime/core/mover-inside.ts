// What a mover has of its system: more than anybody else outside of the engine, since it takes actors to
// pieces and puts them together.
import type { Asks } from "./asks.ts";
import type { Cell } from "./cell.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Registry } from "./registry.ts";
import type { RemoteGates } from "./remote-gates.ts";
import type { RemoteInbox } from "./remote-inbox.ts";
import type { SystemHost } from "./system-host.ts";

export interface Inside {
  readonly host: SystemHost;
  readonly root: Cell;
  readonly inbox: RemoteInbox;
  readonly asks: Asks;
  readonly registry: Registry;
  readonly deadLetters: DeadLetters;
  readonly gates: RemoteGates;
}
