// The rules of the queues as they are now: those of the topology's file, and over them what is active of the
// configuration. Pure; the intake tells it what is active.
import { Failure } from "#protocols/failure.ts";
import { roomConflict } from "#protocols/outside/queue-rule-problems.ts";
import type { QueueRates } from "#protocols/tasks/claim-request.ts";
import type { DemandRule } from "#protocols/tasks/demand-rules.ts";
import type { MachineDemand } from "#protocols/tasks/machine-demand.ts";
import type { QueueChange, QueueStanding } from "#protocols/tasks/queue.ts";
import type { QueueConfig } from "#protocols/tasks/queue-config.ts";
import { ruledBy, unruled } from "#protocols/tasks/queue-rules.ts";
import {
  type QueueSettings,
  type QueueView,
  queueSettingsDefault,
} from "#protocols/tasks/queue-view.ts";
import type { QueuePlan, QueueTerms } from "#protocols/tasks/resource-demand.ts";
import { ratesOf } from "./decisions/queue-rates.ts";

export interface QueueRuleSources {
  /** As the topology says; without any, all tasks go to the queues that they name. */
  readonly queues: readonly QueuePlan[];
  /** Of queues without a plan. */
  readonly settings?: readonly QueueSettings[];
  /** Default: what tasks ask of a machine goes by the size of their pictures. */
  readonly demands?: readonly DemandRule[];
}

export class QueueRulebook {
  #planned: readonly QueuePlan[] = [];
  #settings: readonly QueueSettings[] = [];
  #demands: readonly DemandRule[] = [];
  readonly #configs = new Map<string, QueueConfig>();
  #plans: readonly QueuePlan[] = [];
  /** Of queues that no plan is there for, and something is said of. */
  #others: ReadonlyMap<string, QueueTerms> = new Map();
  #rates: ReadonlyMap<string, QueueRates> = new Map();

  /** Those of the file, before anything is configured. */
  plan({ demands = [], queues, settings = [] }: QueueRuleSources): this {
    this.#planned = queues;
    this.#settings = settings;
    this.#demands = demands;
    this.#derive();
    return this;
  }

  /** undefined: nothing was ever said of it. */
  configured(queue: string, config: QueueConfig | undefined): void {
    if (config === undefined) this.#configs.delete(queue);
    else this.#configs.set(queue, config);
    this.#derive();
  }

  /** What tasks ask of a machine; the first that fits a task counts. */
  get demands(): readonly DemandRule[] {
    return this.#demands;
  }

  /** In the order of the file. */
  get plans(): readonly QueuePlan[] {
    return this.#plans;
  }

  /** By queue, of those that have some. */
  get rates(): ReadonlyMap<string, QueueRates> {
    return this.#rates;
  }

  /** What the store is to keep, of all queues of which something is said. */
  get settings(): readonly QueueSettings[] {
    return [...this.#plans, ...this.#others.values()].map((terms) => this.#kept(terms));
  }

  /** The same of one queue. */
  settingsOf(queue: string): QueueSettings {
    return this.#kept(this.#termsOf(queue) ?? unruled({ queue }));
  }

  machineOf(queue: string): MachineDemand {
    return this.#termsOf(queue)?.machine ?? {};
  }

  standingOf(view: QueueView): QueueStanding {
    const plan = this.#plans.find(({ queue }) => queue === view.queue);
    const terms = plan ?? this.#others.get(view.queue) ?? unruled(view);
    const { types, models, pixelsMax, rate, userRate, machine } = terms;
    const rules = { types, models, pixelsMax, rate, userRate, machine };
    return { ...view, ...rules, class: plan?.class ?? null };
  }

  /**
   * Fails with `invalid` for rules of routing where nothing is routed by them, and for those that cannot be
   * together with what the file says.
   */
  check({ queue, config }: QueueChange): void {
    const planned = this.#planned.find((plan) => plan.queue === queue);
    if (planned === undefined) this.#checkRouting({ queue, config });
    const settings = this.#settings.find((kept) => kept.queue === queue) ?? { queue };
    const { settings: sum } = ruledBy<QueueTerms>(planned ?? unruled(settings), config);
    const conflict = roomConflict(sum);
    if (conflict === undefined) return;
    const unsaid = config.perUserMax === undefined ? "perUserMax" : "pendingMax";
    const text = `with the ${unsaid} of the topology's file ${conflict}; say perUserMax and pendingMax in the document`;
    throw new Failure("invalid", text);
  }

  #checkRouting({ queue, config }: QueueChange): void {
    const idle = (["types", "models", "pixelsMax"] as const).find(
      (key) => config[key] !== undefined,
    );
    if (idle === undefined) return;
    const seen = `the topology's file does not set up the queue "${queue}", so no task is sent there by its ${idle}`;
    const names = this.#planned.map((plan) => plan.queue).join(", ") || "none";
    throw new Failure("invalid", `${seen}; remove ${idle}, or name a queue of the file: ${names}`);
  }

  #termsOf(queue: string): QueueTerms | undefined {
    return this.#plans.find((plan) => plan.queue === queue) ?? this.#others.get(queue);
  }

  /** Once something was configured, what is not said is as in the file, or as where nothing is set. */
  #kept({ queue, settings }: QueueTerms): QueueSettings {
    return this.#configs.has(queue) ? { ...queueSettingsDefault, ...settings } : settings;
  }

  #derive(): void {
    const ruled = <Terms extends QueueTerms>(terms: Terms): Terms =>
      ruledBy(terms, this.#configs.get(terms.queue) ?? {});
    this.#plans = this.#planned.map(ruled);
    const planned = new Set(this.#plans.map(({ queue }) => queue));
    const said = new Map([...this.#configs.keys()].map((queue) => [queue, unruled({ queue })]));
    for (const settings of this.#settings) said.set(settings.queue, unruled(settings));
    const others = [...said.values()].filter(({ queue }) => !planned.has(queue));
    this.#others = new Map(others.map((terms) => [terms.queue, ruled(terms)]));
    this.#rates = ratesOf([...this.#plans, ...this.#others.values()]);
  }
}
