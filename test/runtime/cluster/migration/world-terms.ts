// What a world of puppets is made of, and what may be otherwise in it.
import type { ActorId } from "#protocols/cluster/migration.ts";
import type { DeskParts } from "#runtime/cluster/migration/desk-parts.ts";
import { ForwardingTable } from "#runtime/cluster/migration/forwarding-table.ts";
import type { Numbered, PuppetNode } from "./migration-actors.ts";
import type { Wire } from "./puppet-links.ts";

/** What a broken variant does otherwise; nothing by default. */
export interface BrokenRules {
  readonly parts?: (node: PuppetNode) => Partial<DeskParts<Numbered>>;
  readonly targets?: (aid: ActorId, targets: readonly ActorId[]) => readonly ActorId[];
  /** What is sent instead of a message. */
  readonly send?: (from: PuppetNode, to: PuppetNode, message: Wire) => readonly Wire[];
  readonly directory?: "unfenced";
}

export interface WorldTerms {
  readonly nodes: number;
  readonly actors: number;
  /** A hasty directory sometimes removes an entry that somebody would still have claimed. */
  readonly sweeper: "patient" | "hasty";
  readonly broken?: BrokenRules;
  readonly reached?: (at: ReachedStep) => void;
}

export interface ReachedStep {
  readonly node: PuppetNode;
  readonly aid: ActorId;
  readonly side: "source" | "target";
  readonly step: string;
}

class CrowdedTable extends ForwardingTable {
  override get isCrowded(): boolean {
    return true;
  }
}

/** Every other world forgets departures as soon as it may. */
export const properPartsFor = (seed: number): Partial<DeskParts<Numbered>> =>
  seed % 2 === 0 ? {} : { makeForwards: (uids) => new CrowdedTable(uids) };
