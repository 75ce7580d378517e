// Troupe as a queue of jobs: a back end of the store with its dispatcher here, the worker on another
// node. A node like any other, with links over TCP.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreBackend } from "#actors/store/backend.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { AckLevel } from "#protocols/tasks/task.ts";
import { plainSecurity } from "#runtime/links/link-security.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";
import { silent } from "../core/contenders/silent-log.ts";
import { startFarFile } from "../links/far-process.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { QueueTerms, StartQueue } from "./job-queue.ts";
import { Reports, ReportsActor, Runner } from "./runner-actor.ts";

const runnerProgram = new URL("./contenders/far/runner.ts", import.meta.url);

/** `ack`: what a submission asks for; undefined for the strongest. */
export const troupeQueue =
  (open: () => Promise<StoreBackend>, ack?: AckLevel): StartQueue =>
  async ({ hasWorker, inFlight }: QueueTerms) => {
    const backend = await open();
    await openQueue(backend);
    const runner: Ref<Runner> | undefined = hasWorker
      ? await startRunner(() => dispatcher)
      : undefined;
    const dispatcher: Dispatcher = new Dispatcher({
      ...{ backend, ack, hasWorker },
      claimMax: inFlight,
      hand: (leases) => runner?.run(leases),
    });
    return dispatcher;
  };

/** As much may wait as the store can be told: no contender's queue has a bound. */
export async function openQueue(backend: StoreBackend): Promise<void> {
  const room = storeLimits.queuePendingSettingMax;
  const settings = { queue: "default", pendingMax: room, perUserMax: room };
  await backend.call({ method: "setQueue", args: [settings] });
}

/** A folder that goes with this process. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "troupe-bench-store-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startRunner(dispatcher: () => Dispatcher | undefined): Promise<Ref<Runner>> {
  const { address, system } = await startNode("store", undefined);
  let found: (runner: Ref<Runner>) => void = () => {};
  const runner = new Promise<Ref<Runner>>((resolve) => {
    found = resolve;
  });
  const terms = { found: (ref: Ref<Runner>) => found(ref), dispatcher };
  await system.started(system.spawn(ReportsActor, terms, { name: "reports" }));
  await startFarFile(runnerProgram, address);
  return runner;
}

export const startNode = (
  name: "store" | "runner",
  storeAddress: string | undefined,
): Promise<StartedNode> =>
  startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "store",
    peers: new Map(storeAddress === undefined ? [] : [["store", storeAddress]]),
    protocols: [Reports, Runner],
    log: silent,
    security: plainSecurity("machine"),
  });
