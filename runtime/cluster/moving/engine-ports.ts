// What the engine of moving is given by whoever joins it to a node.
import type { NodeId } from "#protocols/address.ts";
import type { NodeKey } from "#protocols/cluster/migration.ts";
import type { Codec } from "#protocols/codec.ts";
import type { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import type { Cargo } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { MovingLines } from "./moving-lines.ts";
import type { MovingSwitch } from "./moving-switch.ts";
import type { MovingTerms } from "./moving-terms.ts";
import type { Neighbours } from "./neighbours.ts";

export type Desk = MigrationDesk<CarriedMessage, Cargo>;

export interface EnginePorts {
  readonly node: NodeId;
  readonly codec: Codec;
  readonly inside: Inside;
  readonly neighbours: Neighbours;
  readonly terms: MovingTerms;
  readonly switch: MovingSwitch;
  desk(): Desk;
  lines(): MovingLines;
  removed(node: NodeKey): void;
  /** Something is under way from now on. */
  stirred(): void;
}
