// A worker comes (again): the store ends the leases that it does not hold, and of its skills those count
// whose dependencies it has, too.
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { WorkerOffer } from "#protocols/tasks/queue.ts";
import type { ReleaseReport } from "#protocols/tasks/store.ts";
import type { Context } from "#runtime/core/context.ts";
import { type SkillSight, skillSight } from "./decisions/usable-skills.ts";
import type { Own } from "./own-messages.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface Admission {
  readonly offer: WorkerOffer;
  readonly report: ReleaseReport;
  /** What to do about skills that do not count; undefined: all do. */
  readonly warning: string | undefined;
}

export async function admit(offer: WorkerOffer, store: Ref<Store>): Promise<Admission> {
  const { node, holds: except } = offer;
  const [report, sight] = await Promise.all([
    store.releaseNode({ node, except }),
    sightOf(offer, store),
  ]);
  const warning = sight.broken.length === 0 ? undefined : brokenText(node, sight);
  return { offer: { ...offer, skills: sight.usable }, report, warning };
}

/** It is in the pool from now on, and is watched instead of the one whose place it takes. */
export function welcome(
  ctx: Pick<Context<unknown, Own>, "watch" | "unwatch" | "log" | "now">,
  pool: WorkerPool,
  offer: WorkerOffer,
): void {
  const former = pool.offer(offer, ctx.now());
  const { worker, node, slots, models, holds } = offer;
  if (former && former.ref.$.toString() !== worker.$.toString()) ctx.unwatch(former.ref);
  ctx.watch(worker);
  ctx.log("info", `worker ${node} offers ${slots} slots`, { models, holds: holds.length });
}

async function sightOf({ skills = [] }: WorkerOffer, store: Ref<Store>): Promise<SkillSight> {
  if (skills.length === 0) return { usable: [], broken: [] };
  return skillSight(skills, await store.skills(storeLimits.recordPageMax));
}

const brokenText = (node: string, { broken }: SkillSight): string => {
  const each = broken.map(({ skill, missing }) => `${skill} needs ${missing.join(", ")}`);
  return `worker ${node} lacks what its skills rest on: ${each.join("; ")}; give it those, too`;
};
