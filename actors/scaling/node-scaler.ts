// Has as many nodes of each group stand as its load asks for: looks once a second, decides by the policy that
// engines are scaled by, and has a NodeProvider start and end them. Who is too many is drained by the registry
// first, so that no task is lost or begun twice for it.
//
// It keeps nothing that must survive: a new one sees who stands and who is leaving, and goes on from there.
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Handlers } from "#protocols/protocol.ts";
import {
  type GroupView,
  NodeScaling,
  nodeScalerName,
  nodeScalingRule,
} from "#protocols/tasks/node-scaling.ts";
import { systemChannel, systemNotification } from "#protocols/tasks/queue-monitor.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import {
  findPartners,
  type LoadSight,
  lookAtLoad,
  type Partners,
  waitingIn,
} from "./load-sight.ts";
import type { NodeProvider } from "./node-provider.ts";
import { type GroupActs, type GroupNotice, type GroupTerms, ScaledGroup } from "./scaled-group.ts";
import { scalingFigures } from "./scaling-figures.ts";

export interface NodeScalerArguments {
  readonly groups: readonly GroupTerms[];
  readonly providerOf: (group: string) => NodeProvider;
  /** Has the groups among the metrics; called at each start. */
  readonly show?: (figures: () => FigureSource) => void;
}

interface Own {
  look(): void;
  found(partners: Partners): void;
  missed(failure: FailureData): void;
  seen(sight: LoadSight): void;
  unseen(failure: FailureData): void;
}

const lookEveryMs = 1_000;
const by = nodeScalerName;

export class NodeScaler
  extends Actor<NodeScaling, NodeScalerArguments, Own>
  implements Handlers<NodeScaling & Own>
{
  static readonly protocol = NodeScaling;
  static initial = (args: NodeScalerArguments): NodeScalerArguments => args;

  #groups: readonly ScaledGroup[] = [];
  #partners: Partners | undefined;
  #isLooking = false;

  override async start(): Promise<void> {
    const { groups, show } = this.state;
    this.#groups = groups.map((terms) => new ScaledGroup(terms));
    show?.(() => scalingFigures(this.groups()));
    this.ctx.every(lookEveryMs, "look");
    await this.ctx.register(nodeScalerName);
  }

  groups(): readonly GroupView[] {
    return this.#groups.map(({ view }) => view);
  }

  /** One at a time: a look that takes long is no reason for more of them. */
  look(): void {
    if (this.#isLooking || this.#groups.length === 0) return;
    this.#isLooking = true;
    if (this.#partners) this.ctx.pipe(lookAtLoad(this.#partners), "seen", "unseen");
    else this.ctx.pipe(findPartners(this.ctx), "found", "missed");
  }

  found(partners: Partners): void {
    this.#partners = partners;
    this.#isLooking = false;
    this.look();
  }

  missed({ code, detail }: FailureData): void {
    this.#isLooking = false;
    this.ctx.log("info", `the load of nodes is not known yet: ${detail}`, { code });
  }

  /** One of them has ended, or is being started anew: all are sought again. */
  unseen({ code, detail }: FailureData): void {
    this.#isLooking = false;
    this.#partners = undefined;
    this.ctx.log("info", `the load of nodes is not known just now: ${detail}`, { code });
  }

  seen(sight: LoadSight): void {
    this.#isLooking = false;
    const { runningOn, states } = sight;
    for (const group of this.#groups) {
      const { group: name, queues } = group.terms;
      const acts = group.look({
        ...{ nowMs: this.ctx.now(), runningOn, states },
        ...waitingIn(sight, queues, this.ctx.wall()),
        provided: this.state.providerOf(name).standing(name),
      });
      if (acts) this.#do(group, acts);
    }
  }

  #do(group: ScaledGroup, acts: GroupActs): void {
    for (const notice of acts.told) this.#tell(group, notice);
    const reason = `scaled: ${acts.reason}`;
    for (const node of acts.resume) this.#order("resume", { node, reason });
    for (const node of acts.drain) this.#order("drain", { node, reason });
    const { count, start, end } = acts;
    if ([start, end, acts.drain, acts.resume].every(({ length }) => length === 0)) return;
    const { group: name } = group.terms;
    try {
      const order = { group: name, count, reason: acts.reason, start, end };
      this.state.providerOf(name).provide(order);
    } catch (cause) {
      this.#tell(group, group.refused(this.ctx.now(), Failure.of(cause).detail));
    }
  }

  /** What is refused is ordered again by a later look. */
  #order(act: "drain" | "resume", order: { readonly node: string; readonly reason: string }): void {
    const done = this.#partners?.registry[act]({ ...order, by });
    done?.catch((cause: unknown) => {
      const { code, detail } = Failure.of(cause);
      this.ctx.log("info", `${order.node} could not be told to ${act}: ${detail}`, { code });
    });
  }

  #tell({ terms: { group }, view }: ScaledGroup, { kind, text }: GroupNotice): void {
    this.ctx.log(kind === "failed" ? "warn" : "info", text, { group, kind });
    const count = view.nodes.length;
    const payload = { rule: nodeScalingRule, group, kind, nodes: count, wanted: view.wanted, text };
    const event = { channel: systemChannel, type: systemNotification, taskId: null, payload };
    this.#partners?.store.appendEvents([event]).catch((cause: unknown) => {
      const { code, detail } = Failure.of(cause);
      this.ctx.log("info", `nobody was notified of it: ${detail}`, { code });
    });
  }
}
