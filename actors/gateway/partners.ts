// Whom a gateway speaks to, by the names under which they are found.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { State, stateName } from "#protocols/tasks/state.ts";
import type { Context } from "#runtime/core/context.ts";
import { activeModel } from "./active-model.ts";

const withinMs = 5_000;

/** The store is asked once, for the configuration; the others are kept, and sought again when they end. */
export type Partner = "queue" | "node-registry" | "store" | typeof stateName;

export type Found =
  | { readonly partner: "queue"; readonly ref: Ref<Queue> }
  | { readonly partner: "node-registry"; readonly ref: Ref<NodeRegistry> }
  | { readonly partner: typeof stateName; readonly ref: Ref<State> }
  /** The model of the active configuration; null: it names none. */
  | { readonly partner: "store"; readonly model: string | null };

export interface Missing {
  readonly partner: Partner;
  readonly failure: FailureData;
}

/** Never rejects. */
export async function lookUpPartner(
  ctx: Pick<Context<unknown>, "lookup">,
  partner: Partner,
): Promise<Found | Missing> {
  try {
    return await found(ctx, partner);
  } catch (cause) {
    return { partner, failure: Failure.of(cause).toData() };
  }
}

async function found(ctx: Pick<Context<unknown>, "lookup">, partner: Partner): Promise<Found> {
  const options = { within: withinMs };
  switch (partner) {
    case "queue":
      return { partner, ref: await ctx.lookup(Queue, partner, options) };
    case "node-registry":
      return { partner, ref: await ctx.lookup(NodeRegistry, partner, options) };
    case stateName:
      return { partner, ref: await ctx.lookup(State, partner, options) };
    case "store":
      return { partner, ...(await activeModel(await ctx.lookup(Store, partner, options))) };
    default:
      return partner satisfies never;
  }
}

export type Kept = Exclude<Partner, "store">;

/** The partners that are there. */
export class PresentPartners {
  readonly #refs = new Map<Kept, AnyRef>();

  set(partner: Kept, ref: AnyRef): void {
    this.#refs.set(partner, ref);
  }

  /** Takes out the one that has ended; undefined for anybody else. */
  take(ended: AnyRef, isSame: (a: AnyRef, b: AnyRef) => boolean): Kept | undefined {
    for (const [partner, ref] of this.#refs) {
      if (!isSame(ref, ended)) continue;
      this.#refs.delete(partner);
      return partner;
    }
    return undefined;
  }
}
