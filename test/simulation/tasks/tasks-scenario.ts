// Tasks of a whole cluster: one node with all that a control node has, one with clients, and workers; all
// real but what workers do with a task and the disk, while nodes crash, freeze and are cut off, the store
// ends and its disk fails, clocks jump, people cancel and answer, and workers report too late.
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { ErrorCounts } from "#actors/errors/error-counts.ts";
import { ErrorHandlerActor } from "#actors/errors/error-handler.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { storeActorOf } from "#actors/store/store-actor.ts";
import { StoreClock } from "#actors/store/store-clock.ts";
import { Failure } from "#protocols/failure.ts";
import { ControlHandler, NodeControl } from "#protocols/tasks/control.ts";
import { NodeAgent } from "#protocols/tasks/node.ts";
import { StateListener } from "#protocols/tasks/state-notices.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { Supervisor, type TreeChild } from "#runtime/patterns/supervisor.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import { runPlan } from "#runtime/testkit/simulation/simulate.ts";
import { planOf, type Simulation } from "#runtime/testkit/simulation/simulation.ts";
import type { Scenario } from "../scenario.ts";
import { attemptsEnded } from "./attempts-ended-check.ts";
import { bytesKept } from "./bytes-kept-check.ts";
import { childrenFollow } from "./children-follow-check.ts";
import { claimsPaced } from "./claims-paced-check.ts";
import { commandsOnce } from "./commands-check.ts";
import { Customer, CustomerActor } from "./customer-actor.ts";
import { firstInRank } from "./first-in-rank-check.ts";
import { FollowerActor } from "./follower-actor.ts";
import { givesWay } from "./gives-way-check.ts";
import { heldNodes } from "./held-nodes-check.ts";
import { LoggedTaskStore } from "./logged-task-store.ts";
import { newestHeard } from "./newest-heard-check.ts";
import { Operator, OperatorActor } from "./operator-actor.ts";
import { spawnOrderly } from "./ordered-node.ts";
import { peopleAsked } from "./people-asked-check.ts";
import { RepairerActor } from "./repairer-actor.ts";
import { roomKept } from "./room-kept-check.ts";
import { takenInTime } from "./taken-in-time-check.ts";
import { TaskExhibits } from "./task-exhibits.ts";
import { recordSight } from "./task-facts.ts";
import { orderOf } from "./task-orders.ts";
import { queuePlans, queuesServed, taskPolicy } from "./task-rules.ts";
import { isAtRest, siteKey, TaskSite, type TaskSites } from "./task-site.ts";
import { taskStories } from "./task-stories-check.ts";
import { tasksAtRest } from "./tasks-at-rest.ts";
import { clientNode, controlNode, sessionMs, tasksSource } from "./tasks-plan.ts";
import { tasksSummary, withSize } from "./tasks-summary.ts";
import { toldDensely } from "./told-densely-check.ts";
import { toldTruly } from "./told-truly-check.ts";
import { triedAgain, triedLater } from "./tried-again-check.ts";
import { triedElsewhere } from "./tried-elsewhere-check.ts";
import { Vandal, VandalActor } from "./vandal-actor.ts";
import { worksWithin } from "./works-within-check.ts";

const registryHeartbeatMs = 1_000;

const SimulatedStore = storeActorOf<TaskSite>(async (site, { wallMs, monotonicMs }) => {
  const { host } = site;
  const clock = new StoreClock();
  let ids = 0;
  site.store = await LoggedTaskStore.open({
    disk: host.disk,
    policy: taskPolicy,
    nowMs: () => clock.read({ wallMs: wallMs(), monotonicMs: monotonicMs() }),
    makeId: () => {
      ids += 1;
      return `t${host.node.incarnation}.${Math.floor(host.now() * 1_000)}.${ids}`;
    },
    told: new TaskExhibits(host),
  });
  if (site.store.newestMs > wallMs()) recordSight(host, "reopened behind its time");
  clock.raise(site.store.newestMs);
  return site.store;
});

const simulation: Omit<Simulation, "build"> = {
  ...tasksSource(1),
  protocols: [Worker, NodeAgent, Customer, StateListener, ControlHandler, NodeControl],
  workload: { ...tasksSource(1).workload, perform, plan: () => [] },
  checks: [
    ...[newestHeard, attemptsEnded],
    ...[taskStories, toldTruly, takenInTime, worksWithin, peopleAsked, toldDensely],
    ...[roomKept, givesWay, firstInRank, claimsPaced, triedAgain, triedLater, childrenFollow],
    ...[heldNodes, commandsOnce, bytesKept, triedElsewhere],
    ...[accounting, deadLettersCounted],
  ],
};

export const tasks: Scenario = {
  name: "tasks",
  sometimes: [
    ...["acknowledged", "submitted again", "outcome", "committed", "took", "works", "purged"],
    ...["late commit lost", "late commit committed", "late lease", "heard of a lost lease"],
    ...["fenced itself", "not renewed", "reopened", "store lost", "doubted commit lost"],
    ...["held", "task evicted", "submit refused queue_full"],
    ...["CANCEL_TASK", "PAUSE_NODE", "RESUME_NODE", "UPDATE_CONFIG", "RESTART_NODE", "COUNT"].map(
      (command) => `${command} completed`,
    ),
    ...["COUNT completed again", "UPDATE_CONFIG completed again", "UPDATE_CONFIG undone"],
    ...["parked", "decided", "heard", "state recovered"],
    ...["cancel cancelled", "cancel requested", "cancel ended", "answer answered"],
    ...["submit refused store_failed", "outcome refused timeout"],
    ...["submitted", "pending", "running", "completed", "failed", "cancelled", "timed_out"].map(
      (type) => `task ${type}`,
    ),
    ...["retried", "lease_lost", "released", "confirmed"].map((type) => `task ${type}`),
    ...["task cancel_requested", "task confirmation_requested"],
    ...["crash", "leave", "pause", "node-resumed", "clock", "cut", "partition", "break", "stall"],
    ...["disk-full", "disk-slow", "disk-error"],
  ],
  planOf: (seed) => planOf(tasksSource(seed), seed),
  summary: tasksSummary,
  runPlan: async (plan) => {
    const session = { ttlMs: plan.seed % 3 === 0 ? sessionMs.soon : sessionMs.late };
    const sites: TaskSites = new Map();
    const own = {
      build: (host: SimulatedHost) => build(host, sites),
      isAtRest: () => isAtRest(sites),
      verify: (hosts: ReadonlyMap<string, SimulatedHost>) => tasksAtRest(hosts, sites),
    };
    return withSize(plan, await runPlan({ ...simulation, ...own, session }, plan));
  },
  small: undefined,
};

async function build(host: SimulatedHost, sites: TaskSites): Promise<void> {
  const { system, node } = host;
  const site = new TaskSite(host);
  sites.set(node.name, site);
  system.provide(siteKey, site);
  if (node.name === controlNode) {
    spawnControl(system, site);
  } else if (node.name === clientNode) {
    system.spawn(CustomerActor, { name: "customer" });
    system.spawn(FollowerActor, { name: "follower" });
    system.spawn(OperatorActor, { name: "operator" });
  } else {
    system.spawn(NodeAgentActor, { capabilities, probe }, { name: "agent" });
    const terms = { slots: 2, queues: queuesServed };
    system.spawn(RepairerActor, terms, { name: "worker" });
    spawnOrderly(host);
  }
}

/** As on a real control node: when the store restarts, so does the queue. */
function spawnControl(system: ActorSystem, site: TaskSite): void {
  const backoff = { delayMsMin: 50, delayMsMax: 1_000, factor: 2, jitter: 0.2 };
  const bounds = { restartsMax: 20, withinMs: 60_000, backoff };
  const data: readonly TreeChild[] = [
    { kind: "actor", name: "store", type: SimulatedStore, args: site },
    { kind: "actor", name: "queue", type: QueueManager, args: { queues: queuePlans } },
  ];
  const dataStrategy = { strategy: "rest-for-one", ...bounds } as const;
  system.spawn(Supervisor, { children: data }, { name: "data", supervise: dataStrategy });
  const others: readonly TreeChild[] = [
    { kind: "actor", name: "state", type: StateManager, args: { mirror: null } },
    { kind: "actor", name: "errors", type: ErrorHandlerActor, args: { counts: new ErrorCounts() } },
    { kind: "actor", name: "confirmations", type: ConfirmationsActor, args: undefined },
    { kind: "actor", name: "control", type: ControlChannelActor, args: controlTerms() },
  ];
  const alone = { strategy: "one-for-one", ...bounds } as const;
  for (const child of others) {
    system.spawn(
      Supervisor,
      { children: [child] },
      { name: `for-${child.name}`, supervise: alone },
    );
  }
  const terms = { heartbeatMs: registryHeartbeatMs };
  system.spawn(NodeRegistryActor, terms, { name: "registry" });
  system.spawn(VandalActor, { name: "vandal" });
}

const controlTerms = () => ({
  ...{ gateway: null, models: [], endpoint: null },
  counts: new ControlCounts(),
});

const capabilities = {
  ...{ hostname: "h", platform: "linux", arch: "x64", cores: 2, cpuModel: "c" },
  ...{ memoryBytes: 9, diskBytes: 100, gpus: [], gpuReason: "none", nodeVersion: "22" },
  ...{ models: ["lama"], modelFiles: [], skills: [], tags: [], slots: 2 },
};

const load = {
  ...{ cpuUsage: 0.2, memoryBytes: 5, eventLoopDelayMsP99: 1, eventLoopDelayMsMax: 2 },
  ...{ machineCpuPercent: 20, machineMemoryPercent: 20, diskPercent: 20 },
};
const probe = { pid: 1, load: () => load };

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const { node, system } = host;
  const own = { node: node.name };
  switch (act) {
    case "order":
      system.refTo(Customer, { ...own, path: "/customer" }).order(orderOf(terms));
      return;
    case "answer": {
      const decision = terms.decision === "reject" ? "reject" : "proceed";
      system.refTo(Customer, { ...own, path: "/customer" }).answer(decision);
      return;
    }
    case "lose-store":
      system.refTo(Vandal, { ...own, path: "/vandal" }).loseStore();
      return;
    case "command":
      system.refTo(Operator, { ...own, path: "/operator" }).command(terms);
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}
