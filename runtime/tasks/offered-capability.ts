// What a worker offers: to the queue, and to the agent of its node; and what its topology says that it may. Pure.
import { Failure } from "#protocols/failure.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import type { WorkerOffer } from "#protocols/tasks/queue.ts";
import { type HeldSkill, levelsOf } from "#protocols/tasks/skill-sight.ts";
import type { WorkerTerms } from "./worker-messages.ts";

export interface Offered {
  readonly models: readonly string[];
  /** Undefined: it says nothing of them. */
  readonly skills: readonly HeldSkill[] | undefined;
  readonly state: WorkerTerms;
}

/** Fails with `topology_invalid` for a model that its topology does not say it serves. */
export function offerOf({
  models,
  skills,
  state: { batchMax, machine, modelsStated, queues, slots, tags },
}: Offered): Omit<WorkerOffer, "worker" | "node" | "incarnation" | "holds"> {
  const unstated = modelsStated && models.find((model) => !modelsStated.includes(model));
  if (unstated !== undefined) {
    const detail = `this worker serves ${unstated}, its topology says ${modelsStated?.join(", ")}: add ${unstated} to models of the task-worker, or correct what its class serves`;
    throw new Failure("topology_invalid", detail);
  }
  return {
    models,
    ...(queues === undefined ? {} : { queues }),
    ...(skills === undefined ? {} : { skills }),
    ...(tags === undefined ? {} : { tags }),
    ...(machine === undefined ? {} : { machine }),
    ...(batchMax === undefined ? {} : { batchMax }),
    slots,
  };
}

/** The same for those who look; it does not say when its skills were shown. */
export function servedOf({
  models,
  skills = [],
  state: { slots, tags = [] },
}: Offered): ServedCapability {
  const held = [...levelsOf(skills)].map(([skill, level]) => ({ skill, level, verifiedAt: null }));
  return { models: [...models], skills: held, tags: [...tags], slots };
}
