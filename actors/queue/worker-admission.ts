// A worker comes (again): the store ends the leases that it does not hold, and of its skills those count
// whose dependencies it has, too.
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { WorkerOffer } from "#protocols/tasks/queue.ts";
import type { ReleaseReport } from "#protocols/tasks/store.ts";
import { type SkillSight, skillSight } from "./decisions/usable-skills.ts";

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

async function sightOf({ skills = [] }: WorkerOffer, store: Ref<Store>): Promise<SkillSight> {
  if (skills.length === 0) return { usable: [], broken: [] };
  return skillSight(skills, await store.skills(storeLimits.recordPageMax));
}

const brokenText = (node: string, { broken }: SkillSight): string => {
  const each = broken.map(({ skill, missing }) => `${skill} needs ${missing.join(", ")}`);
  return `worker ${node} lacks what its skills rest on: ${each.join("; ")}; give it those, too`;
};
