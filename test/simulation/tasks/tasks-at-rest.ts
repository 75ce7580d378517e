// A last look at a cluster that had time to come to rest: no client waits, nothing is held, every task has
// ended, the store finds nothing wrong with itself, and still tells of each end what it told before; each
// failed attempt is counted, and who follows a channel has heard of all that happened there.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ErrorHandler, errorHandlerName } from "#protocols/tasks/errors.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { openCommands, tellCommands } from "./commands-at-rest.ts";
import { Customer, toldOf } from "./customer-actor.ts";
import { leftInStore } from "./left-in-store.ts";
import { followedChannels, recordFact } from "./task-facts.ts";
import type { TaskSites } from "./task-site.ts";
import { clientNode, controlNode } from "./tasks-plan.ts";

const within = { within: 5_000 };
const lookEveryMs = 1_000;
const looksMax = 8;
/** Commands that nobody carries out end when the registry has the records swept, every ten seconds. */
const sweepLooksMax = 18;
const pageSize = 500;
/** Of great worlds, some are enough. */
const outcomesMax = 60;

export async function tasksAtRest(
  hosts: ReadonlyMap<string, SimulatedHost>,
  sites: TaskSites,
): Promise<void> {
  const host = hosts.get(clientNode);
  if (!host) throw new Failure("internal", "there is no node with clients");
  const customer = host.system.refTo(Customer, { node: clientNode, path: "/customer" });
  const unfinished = some("orders that are not done", await customer.$.with(within).open());
  if (unfinished !== undefined) throw new Failure("internal", unfinished);
  const queue = (await host.system.lookup(Queue, "queue", 5_000)).$.with(within);
  const rest = (): Promise<unknown> => customer.$.with(within).wait(lookEveryMs);
  await soon(rest, () => waitedFor(queue));
  const { storeTrouble } = await queue.statistics();
  if (storeTrouble !== null) throw new Failure("internal", `the store has ${storeTrouble}`);
  const store = (await host.system.lookup(Store, "store", 5_000)).$.with(within);
  const { problems } = await store.check();
  if (problems.length > 0) throw new Failure("internal", problems.join("; "));
  expectNothingLeft(sites);
  await listAll(host, store);
  await soon(rest, () => openCommands(store), sweepLooksMax);
  await tellCommands(host, store);
  await soon(rest, () => uncounted(host, store));
  await soon(rest, async () => unheard(store, await customer.$.with(within).heard()));
}

/** What is wrong, and stays so; who is not ready yet is asked again. */
async function soon(
  rest: () => Promise<unknown>,
  look: () => Promise<string | undefined>,
  looksAtMost = looksMax,
): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const problem = await look().catch(whyNotYet);
    if (problem === undefined) return;
    if (looks === looksAtMost) throw new Failure("internal", problem);
    await rest();
  }
}

/** An actor that has just begun anew has to find its partners first. */
function whyNotYet(cause: unknown): string {
  const failure = Failure.of(cause);
  if (!failure.isRetryable) throw failure;
  return failure.detail;
}

/** Failed attempts that the log tells of, and that were neither grouped nor counted as missed. */
async function uncounted(host: SimulatedHost, store: Ref<Store>): Promise<string | undefined> {
  const handler = await host.system.lookup(ErrorHandler, errorHandlerName, 5_000);
  const report = await handler.$.with(within).errors({ limit: storeLimits.errorGroupsMax });
  const counted = report.groups.reduce((sum, { count }) => sum + count, 0);
  const logged = await headOf(store, channelOf.errors);
  return report.groupsForgotten > 0 || counted + report.missed === logged
    ? undefined
    : `${logged} attempts have failed, ${counted} are counted, and ${report.missed} missed`;
}

async function unheard(
  store: Ref<Store>,
  heard: readonly (readonly [channel: string, seq: number])[],
): Promise<string | undefined> {
  if (heard.length !== followedChannels.length) return "nobody follows what happens";
  for (const [channel, seq] of heard) {
    const head = await headOf(store, channel);
    if (head !== seq) return `${channel} stands at ${head}, and its follower has heard ${seq}`;
  }
  return undefined;
}

async function headOf(store: Ref<Store>, channel: string): Promise<number> {
  const { head } = await store.readEvents({ channel, afterSeq: 0, limit: 1 });
  return head;
}

async function listAll(host: SimulatedHost, store: Ref<Store>): Promise<void> {
  let cursor: number | null = 0;
  let count = 0;
  while (cursor !== null) {
    const page = await store.list({ limit: pageSize, ...(cursor === 0 ? {} : { cursor }) });
    cursor = page.next;
    for (const { taskId, status } of page.tasks) {
      recordFact(host, "listed", { taskId, status });
      count += 1;
      const outcome = count <= outcomesMax ? await store.outcome(taskId) : null;
      if (outcome) recordFact(host, "outcome", toldOf(outcome));
    }
  }
  recordFact(host, "listedAll", { count });
}

async function inHand(queue: Ref<Queue>): Promise<number> {
  return (await queue.workers()).reduce((sum, { running }) => sum + running, 0);
}

function expectNothingLeft(sites: TaskSites): void {
  const shelf = sites.get(controlNode)?.store?.shelf;
  if (!shelf) throw new Failure("internal", "there is no store");
  const nodes = [...sites.keys(), stepsNode];
  const taskIds = sites.get(clientNode)?.taskIds ?? [];
  const problem = leftInStore(shelf, { nodes, taskIds });
  if (problem !== undefined) throw new Failure("internal", problem);
}

/** A client that is gone waits until its time is over; what a worker does not report is soon not in its hands. */
async function waitedFor(queue: Ref<Queue>): Promise<string | undefined> {
  const { waiters, blocked } = await queue.statistics();
  return (
    some("clients that wait", waiters) ??
    some("submissions that wait for room", blocked) ??
    some("tasks in hand", await inHand(queue))
  );
}

const some = (what: string, count: number): string | undefined =>
  count === 0 ? undefined : `there are ${count} ${what}`;
