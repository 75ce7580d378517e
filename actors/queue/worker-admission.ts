// A worker comes (again): the store ends the leases that it does not hold. Whether its skills count is for
// the register of skills to say, at each claim: here people are told of those that do not.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { WorkerOffer } from "#protocols/tasks/queue.ts";
import type { SkillTies } from "#protocols/tasks/skill-sight.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import type { LossReport, ReleaseReport } from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Own } from "./own-messages.ts";
import type { PooledWorker } from "./pooled-worker.ts";
import type { StoreDoor } from "./store-door.ts";
import type { WorkerPool } from "./worker-pool.ts";

/**
 * Answers when the store has; the QueueManager hears of it as messages of its own. Fails with `name_taken`
 * while another worker of the node lives: what either holds would be taken for lost by the other's offer.
 */
export async function takeOffer(
  ctx: Pick<Context<unknown, Own>, "send">,
  offer: WorkerOffer,
  { store, pool }: { readonly store: StoreDoor; readonly pool: WorkerPool },
): Promise<Ack> {
  const rival = pool.rivalOf(offer);
  if (rival) throw second(offer, rival);
  pool.coming(offer);
  const former = pool.get(offer.node);
  const handed = former ? pool.leasesOf(offer.node) : undefined;
  // The store takes back what it is granted from now on: whoever offers itself does so until it is heard.
  if (former) former.isLeaving = true;
  const report = await store
    .ask((open) => admit(offer, open, handed))
    .catch((cause: unknown) => {
      pool.notComing(offer);
      throw cause;
    });
  ctx.send("offered", offer);
  ctx.send("freed", report);
  ctx.send("heard", offer.node);
  return ack;
}

/**
 * `known`: what its node was handed, if that is known: then what it was not goes back untouched. What
 * ran steps ends with the queue, and not by what it ran: all of it goes back untouched. Where it is not
 * known, a lease may never have been handed to its worker: no node is blamed for that.
 */
async function admit(
  { node, holds: except }: WorkerOffer,
  store: Ref<Store>,
  known: readonly LeaseRef[] | undefined,
): Promise<LossReport> {
  const kept = node === stepsNode ? except : known && [...known, ...except];
  const [back, lost] = await Promise.all([
    kept === undefined ? nothing : store.recall({ node, except: kept }),
    store.releaseNode({ node, except }),
  ]);
  return joined(back, known === undefined ? excused(lost) : lost);
}

function second({ node, worker }: WorkerOffer, rival: Ref<Worker>): Failure {
  const text = `the node ${node} has the worker ${rival.$.toString()} already, so ${worker.$.toString()} gets no tasks: a node has one worker; put this one on a node of its own, or end the other`;
  return new Failure("name_taken", text);
}

export const nothing: LossReport = { released: 0, ended: [], faults: [] };

/** What was given back untouched, and what was lost. */
export const joined = (back: ReleaseReport, lost: LossReport): LossReport => ({
  released: back.released + lost.released,
  ended: [...back.ended, ...lost.ended],
  faults: lost.faults,
});

/** It counts for no node. */
export const excused = (lost: LossReport): LossReport => ({ ...lost, faults: [] });

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
  tellBroken(ctx, pool.get(node));
}

/** The register of skills is as follows: who can run what may have changed, for whoever is in the pool. */
export function learnSkills(
  ctx: Pick<Context<unknown, Own>, "log">,
  pool: WorkerPool,
  register: readonly SkillTies[],
): void {
  for (const worker of pool.learn(register)) {
    if (worker.gifts.skills.broken.size > 0) tellBroken(ctx, worker);
    else ctx.log("info", `worker ${worker.node} has all that its skills rest on`);
  }
}

/** What to do about skills that do not count. */
function tellBroken(
  ctx: Pick<Context<unknown, Own>, "log">,
  worker: Pick<PooledWorker, "node" | "gifts"> | undefined,
): void {
  if (!worker || worker.gifts.skills.broken.size === 0) return;
  const each = [...worker.gifts.skills.broken].map(
    ([skill, missing]) => `${skill} needs ${missing.join(", ")}`,
  );
  const text = `worker ${worker.node} lacks what its skills rest on: ${each.join("; ")}; give it those, too`;
  ctx.log("warn", text);
}
