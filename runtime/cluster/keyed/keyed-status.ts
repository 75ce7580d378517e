// What a node can tell of a kind of keyed actors: why nothing goes on, and where everything is.
import type { Failure } from "#protocols/failure.ts";

/** What is to be seen of a kind on one node. */
export interface KeyedStatus {
  /** Why the kind cannot be used here; undefined when it can, or will be in a moment. */
  readonly failure: Failure | undefined;
  /** Shards that this node owns; those among them that it hands over. */
  readonly owned: number;
  readonly moving: number;
  /** Shards that messages of this node reach now. */
  readonly reachable: number;
  readonly living: number;
  readonly held: number;
  /** The nodes that take shards. */
  readonly hosts: readonly string[];
  /** How many shards each node owns, as far as this one knows. */
  readonly placed: ReadonlyMap<string, number>;
}
