// What a worker that has strayed says of a lease beside its result, long after it was granted: that it has
// failed, that it asks a person, that it gives the task back, or that it goes on.
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { Context } from "#runtime/core/context.ts";
import { refOf } from "#runtime/tasks/held-leases.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { questionOf } from "./planned-question.ts";
import { recordFact } from "./task-facts.ts";

const within = { within: 2_000 };
const words = ["fail", "ask", "release", "renew"] as const;

export type LateWord = (typeof words)[number];

export const isLateWord = (word: unknown): word is LateWord => words.some((each) => each === word);

export interface LateTerms {
  readonly lease: TaskLease;
  readonly as: LateWord;
  readonly host: SimulatedHost;
}

/** What the store says to it: `lost` is what it says to whoever is too late. */
export async function tellLate(
  ctx: Pick<Context<unknown>, "lookup" | "node">,
  { lease, as, host }: LateTerms,
): Promise<string> {
  const ref = refOf(lease);
  const { name: node } = ctx.node;
  switch (as) {
    case "fail": {
      const queue = await ctx.lookup(Queue, "queue", within);
      const failure = { class: "network", code: "link_full", detail: "it has strayed" } as const;
      return (await queue.$.with(within).fail({ node, lease: ref, failure })).kind;
    }
    case "ask": {
      const asked = { ...questionOf(lease.parameters), lease: ref, checkpoint: null };
      const { taskId } = lease;
      recordFact(host, "asks", { taskId, onTimeout: asked.onTimeout });
      const people = await ctx.lookup(Confirmations, confirmationsName, within);
      // It parks: whoever holds the task by then would lose it.
      const question = { ...asked, mode: "park" } as const;
      return (await people.$.with(within).question({ node, question })).kind;
    }
    case "release": {
      const store = await ctx.lookup(Store, "store", within);
      return (await store.$.with(within).release(ref)).kind;
    }
    case "renew": {
      const store = await ctx.lookup(Store, "store", within);
      const { lost } = await store.$.with(within).heartbeat({ node, leases: [ref] });
      return lost.length > 0 ? "lost" : "renewed";
    }
    default:
      return as satisfies never;
  }
}
