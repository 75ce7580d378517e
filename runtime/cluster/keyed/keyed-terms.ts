// What is said about a kind of keyed actors, checked and completed. Pure.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { checkKind } from "./keyed-address.ts";

export interface KindTerms {
  /** The name of the kind in the cluster, the same on all nodes. */
  readonly kind: string;
  /** How many parts its keys are spread over; fixed in a cluster for good. Default: 256. */
  readonly shards?: number;
  /** Messages for one shard that this node holds. Default: `limits.keyedHeldMax`. */
  readonly heldMax?: number;
}

export interface HostTerms extends KindTerms {
  /**
   * Milliseconds without a message after which an actor at rest is passivated; `Infinity`: never.
   * Default: two minutes.
   */
  readonly idleMs?: number;
  /** Living actors of the kind on this node. Default: `limits.keyedLivingMax`. */
  readonly livingMax?: number;
}

const shardsDefault = 256;
const idleMsDefault = 120_000;

/** Fails with `invalid`, naming what makes no sense. */
export function kindTerms(terms: HostTerms): Required<HostTerms> {
  const { keyedHeldMax, keyedLivingMax, keyedShardsMax } = limits;
  const full = {
    kind: checkKind(terms.kind),
    shards: terms.shards ?? shardsDefault,
    heldMax: terms.heldMax ?? keyedHeldMax,
    idleMs: terms.idleMs ?? idleMsDefault,
    livingMax: terms.livingMax ?? keyedLivingMax,
  };
  checkCount(`${full.kind} has shards:`, full.shards, keyedShardsMax);
  checkCount(`${full.kind} has heldMax:`, full.heldMax, keyedHeldMax);
  checkCount(`${full.kind} has livingMax:`, full.livingMax, keyedLivingMax);
  if (full.idleMs > 0) return full;
  const text = `${full.kind} has idleMs: ${full.idleMs}; give milliseconds above 0, or Infinity`;
  throw new Failure("invalid", text);
}

function checkCount(what: string, count: number, most: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  throw new Failure("invalid", `${what} ${count}; give a whole number from 1 to ${most}`);
}
