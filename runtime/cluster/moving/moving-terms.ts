// What moving needs to know of the node that it serves.
import type { NodeId } from "#protocols/address.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import type { MigrationPort } from "#runtime/cluster/migration/migration-port.ts";
import type { ActorKinds } from "#runtime/cluster/remote/actor-kinds.ts";
import type { Cargo } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";

export interface MovingTerms {
  /** Of this node; fails with `unavailable` as long as there is none. */
  session(): DirectorySession;
  /** The classes whose actors may come here; those of others stay where they are. */
  readonly kinds: ActorKinds;
  /** Declares a node's life over for the links, where they can do that. */
  readonly quarantine?: (node: NodeId, reason: string) => void;
  /** How far each move has come, for tests. */
  readonly reached?: MigrationPort<CarriedMessage, Cargo>["reached"];
}
