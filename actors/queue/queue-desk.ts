// Where submissions are sent to: keeps how busy each queue was seen last, goes by the rules, and
// names the queue of a task that names none, and where it goes when that one has no room. Pure; what it
// sees is told by the QueueManager.
import { Failure } from "#protocols/failure.ts";
import { isOwnKey } from "#protocols/tasks/idempotency-keys.ts";
import { bothDemands, isUndemanding, type MachineDemand } from "#protocols/tasks/machine-demand.ts";
import { payloadBytesOf } from "#protocols/tasks/payload-size.ts";
import {
  type QueueSettings,
  type QueueView,
  queueSettingsDefault,
} from "#protocols/tasks/queue-view.ts";
import type { QueuePlan, ResourceDemand } from "#protocols/tasks/resource-demand.ts";
import { stepsModel, stepsQueue, stepsType } from "#protocols/tasks/steps.ts";
import { priorityDefault, queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import { demandOf } from "./decisions/demand.ts";
import { type QueueLoad, type QueueOption, rankedQueues } from "./decisions/queue-choice.ts";
import { refuseVastPictures } from "./decisions/refuse-vast-pictures.ts";
import type { QueueRulebook } from "./queue-rulebook.ts";
import { ownInputsOf, stepsOf } from "./steps/step-plan.ts";

/** What a task asks of its worker. */
export type WorkerAsked = Pick<
  TaskSubmission,
  "model" | "requiredSkills" | "skillLevel" | "machine"
>;

type SentBy = Pick<QueueRulebook, "demands" | "plans" | "machineOf">;

export interface Workers {
  /** How many of such tasks can run at a time when they are in that queue. */
  readonly slotsFor: (queue: string, task: WorkerAsked) => number;
  /** Whether one of them runs several tasks together. */
  readonly isBatching: () => boolean;
}

interface Asking extends Pick<Workers, "slotsFor"> {
  readonly submission: TaskSubmission;
  readonly demand: ResourceDemand;
}

/** What a queue may refuse a submission for, however empty it is. */
interface Asked {
  readonly bytes: number;
  /** One that its client chose. */
  readonly hasKey: boolean;
}

export class QueueDesk {
  readonly #rules: SentBy;
  #views: ReadonlyMap<string, QueueView> = new Map();
  /** Submissions since the views were asked for, and since newer ones were, by queue. */
  #since = new Map<string, number>();
  #sinceLook = new Map<string, number>();

  constructor(rules: SentBy) {
    this.#rules = rules;
  }

  /** The queues are asked how they stand: what comes from now on is not in the answer. */
  looks(): void {
    this.#sinceLook = new Map();
  }

  seen(views: readonly QueueView[]): void {
    this.#views = new Map(views.map((view) => [view.queue, view]));
    this.#since = new Map(this.#sinceLook);
  }

  isBlocking(queue: string): boolean {
    return this.#views.get(queue)?.whenFull === "block";
  }

  /** Where a submission that comes now would stand among those that wait for room; lowest first. */
  placeOf({ priority = priorityDefault }: TaskSubmission, queue: string, nowMs: number): number {
    const { agingMsPerLevel } = this.#views.get(queue) ?? queueSettingsDefault;
    return nowMs + priority * agingMsPerLevel;
  }

  /**
   * The submission with the queue that it goes to, and what it demands of a machine; behind the first the same
   * for each further queue that may have room when the ones before it have none. Each is worked out when it is
   * asked for, and then counted. Fails with `invalid` when it names a queue that is none, or its steps cannot
   * be run, and with `bad_image` for a picture that no engine decodes.
   */
  *routes(submission: TaskSubmission, { slotsFor, isBatching }: Workers): Iterable<TaskSubmission> {
    const { type, queue } = submission;
    if (type === stepsType) {
      yield this.#stepsRouted(submission);
      return;
    }
    if (queue === stepsQueue) throw onlySteps(type);
    refuseVastPictures(submission);
    const demand = demandOf(submission, this.#rules.demands);
    const known = isBatching() ? { ...keyedBy(demand), ...submission } : submission;
    const { plans } = this.#rules;
    const isRouted = plans.length > 0;
    if (!isRouted || queue !== undefined) {
      if (isRouted && queue !== undefined) this.#checkKnown(queue);
      const sent = isRouted ? { cost: demand.cost, ...known } : known;
      yield demanding(sent, this.#demandIn(queue ?? queueDefault, demand));
      return;
    }
    const options = this.#optionsFor({ submission, demand, slotsFor });
    for (const routedTo of options) {
      this.#count(routedTo, 1);
      const sent = { cost: demand.cost, ...known, routedTo };
      yield demanding(sent, this.#demandIn(routedTo, demand));
      // Who asks for the next one was refused by this one.
      this.#count(routedTo, -1);
    }
  }

  #count(queue: string, by: 1 | -1): void {
    for (const counts of [this.#since, this.#sinceLook]) {
      counts.set(queue, Math.max(0, (counts.get(queue) ?? 0) + by));
    }
  }

  /** The queues that it is sent to one after the other; never none. */
  #optionsFor({ submission, demand, slotsFor }: Asking): readonly string[] {
    const { plans } = this.#rules;
    const asked = submissionTerms(submission);
    const loadOf = (plan: QueuePlan): QueueLoad => {
      const machine = this.#demandIn(plan.queue, demand);
      return this.#loadOf(plan, asked, slotsFor(plan.queue, { ...submission, machine }));
    };
    const [best, ...others] = rankedQueues(plans, { ...submission, demand }, loadOf);
    if (best === undefined) return [queueDefault];
    return [best, ...others.filter((option) => this.#isWorthATry(option))].map(
      ({ queue }) => queue,
    );
  }

  /** Not where a refusal is certain. In a full queue one may give way, or the newcomer may wait. */
  #isWorthATry({ queue, load }: QueueOption): boolean {
    if (load.room === "free") return true;
    const { whenFull = "reject" } = this.#views.get(queue) ?? {};
    return load.room === "full" && whenFull !== "reject";
  }

  /** What it demands of a machine, and what its queue does for each of its tasks. */
  #demandIn(queue: string, { machine }: ResourceDemand): MachineDemand {
    return bothDemands(machine, this.#rules.machineOf(queue));
  }

  #loadOf({ queue, settings }: QueuePlan, asked: Asked, slots: number): QueueLoad {
    const view = this.#views.get(queue);
    const pending = (view?.pending ?? 0) + (this.#since.get(queue) ?? 0);
    const { isPaused = false, running = 0, runMsMean = null, pendingBytes = 0 } = view ?? {};
    const rules: QueueSettings = view ?? settings;
    const { pendingMax = Infinity, pendingBytesMax = Infinity, isKeyRequired = false } = rules;
    const load = { pending, running, slots, runMsMean, isPaused };
    if (asked.bytes > pendingBytesMax || (isKeyRequired && !asked.hasKey)) {
      return { ...load, room: "refuses" };
    }
    const isFull = pending >= pendingMax || pendingBytes + asked.bytes > pendingBytesMax;
    return { ...load, room: isFull ? "full" : "free" };
  }

  #stepsRouted(submission: TaskSubmission): TaskSubmission {
    const { routed, steps } = stepsRouted(submission);
    if (this.#rules.plans.length > 0) {
      for (const { queue } of steps) if (queue !== undefined) this.#checkKnown(queue);
    }
    return routed;
  }

  #checkKnown(queue: string): void {
    const known = new Set([queueDefault, ...this.#rules.plans.map((plan) => plan.queue)]);
    if (known.has(queue) || this.#views.has(queue)) return;
    const names = [...known].sort().join(", ");
    const seen = `there is no queue "${queue}"`;
    throw new Failure("invalid", `${seen}; name one of ${names}, or none: then one is chosen`);
  }
}

const submissionTerms = (submission: TaskSubmission): Asked => {
  const { idempotencyKey: key } = submission;
  return { bytes: payloadBytesOf(submission), hasKey: key !== undefined && !isOwnKey(key) };
};

const demanding = (submission: TaskSubmission, machine: MachineDemand): TaskSubmission =>
  isUndemanding(machine) ? submission : { ...submission, machine };

/** Pictures of about one size can run together, the smaller ones padded. */
const keyedBy = ({ pixels }: ResourceDemand): Pick<TaskSubmission, "batchKey"> =>
  pixels === null || pixels < 1
    ? {}
    : { batchKey: `up to ${2 ** Math.ceil(Math.log2(pixels))} pixels` };

/** Says what is wrong with the steps before anything is stored. */
function stepsRouted(submission: TaskSubmission) {
  const { model, queue = stepsQueue, parameters, inputs } = submission;
  if (model !== stepsModel || queue !== stepsQueue) {
    const seen = `a task of steps has the model "${stepsModel}" and no queue of its own`;
    throw new Failure("invalid", `${seen}, not "${model}" in "${queue}"; its steps name theirs`);
  }
  const { machine, requiredSkills, skillLevel, optionalSkills, affinityTags, batchKey } =
    submission;
  const forWorkers = {
    machine,
    requiredSkills,
    skillLevel,
    optionalSkills,
    affinityTags,
    batchKey,
  };
  const [idle] = Object.entries(forWorkers).find(([, said]) => isSaid(said)) ?? [];
  if (idle !== undefined) {
    const seen = `a task of steps runs on no machine and with no skill of its own, so it has no ${idle}`;
    throw new Failure("invalid", `${seen}; name what its steps need in the steps`);
  }
  const steps = stepsOf(parameters, inputs);
  for (const step of steps) {
    refuseVastPictures({ type: step.type, inputs: ownInputsOf(step, inputs) });
  }
  return { routed: { ...submission, routedTo: stepsQueue }, steps };
}

const isSaid = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined;

const onlySteps = (type: string): Failure => {
  const seen = `the queue "${stepsQueue}" is for tasks of the type "${stepsType}", not "${type}"`;
  return new Failure("invalid", `${seen}; name another queue, or none`);
};
