// A group of nodes in a world of its own: who is started stands and registers a while later, who is drained
// leaves when it runs nothing any more. A second at a time.
import type { ProvidedNode } from "#actors/scaling/node-provider.ts";
import { type GroupActs, type GroupTerms, ScaledGroup } from "#actors/scaling/scaled-group.ts";
import type { NodeState } from "#protocols/tasks/node-record.ts";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";

export const groupTerms = (scaling: Partial<ScalingTerms> = {}, count = 4): GroupTerms => ({
  ...{ group: "w", provider: "launcher", queues: ["default"], startTimeoutMs: 20_000 },
  nodes: Array.from({ length: count }, (_, index) => `w-${index + 1}`),
  scaling: {
    ...{ min: 1, max: count, itemsEach: 1, waitMsMax: 60_000 },
    ...{ upAfterMs: 5_000, downAfterMs: 20_000, zeroAfterMs: 30_000, ...scaling },
  },
});

/** Seconds from its start until a node registers. */
const bootSeconds = 2;

export class GroupStage {
  readonly provided = new Map<string, ProvidedNode["phase"]>();
  readonly states = new Map<string, NodeState>();
  readonly runningOn = new Map<string, number>();
  readonly told: string[] = [];
  readonly orders: string[] = [];
  /** Nodes that nobody can start. */
  readonly broken = new Set<string>();
  readonly #boots = new Map<string, number>();
  group: ScaledGroup;
  second = 0;
  /** undefined: the provider cannot say. */
  knows = true;

  constructor(terms: GroupTerms = groupTerms()) {
    this.group = new ScaledGroup(terms);
    for (const node of terms.nodes.slice(0, terms.scaling.min)) this.stands(node);
  }

  stands(node: string): void {
    this.provided.set(node, "ready");
    this.states.set(node, "online");
  }

  /** It has left, or was lost. */
  leaves(node: string): void {
    this.provided.delete(node);
    this.states.set(node, "offline");
    this.runningOn.delete(node);
  }

  get standing(): readonly string[] {
    return [...this.provided].flatMap(([node, phase]) => (phase === "failed" ? [] : [node]));
  }

  get leaving(): readonly string[] {
    return this.group.view.nodes.flatMap(({ node, phase }) => (phase === "leaving" ? [node] : []));
  }

  /** As many seconds with that many tasks waiting; answers how many nodes stood after each. */
  pass(seconds: number, waiting = 0, waitMs = 0): readonly number[] {
    return Array.from({ length: seconds }, () => {
      this.#world();
      const acts = this.group.look({
        ...{ nowMs: this.second * 1_000, waiting, waitMs },
        runningOn: this.runningOn,
        states: this.states,
        provided: this.knows
          ? [...this.provided].map(([node, phase]) => ({ node, phase, reason: "it is broken" }))
          : undefined,
      });
      if (acts) this.#obey(acts);
      this.second += 1;
      return this.standing.length;
    });
  }

  #world(): void {
    for (const [node, since] of this.#boots) {
      if (this.second - since < bootSeconds) continue;
      this.#boots.delete(node);
      if (this.provided.has(node)) this.stands(node);
    }
    for (const [node, state] of this.states) {
      if (state === "draining" && (this.runningOn.get(node) ?? 0) === 0) this.leaves(node);
    }
  }

  #obey({ start, drain, resume, end, told }: GroupActs): void {
    this.told.push(...told.map(({ text }) => text));
    for (const [act, nodes] of Object.entries({ start, drain, resume, end })) {
      this.orders.push(...nodes.map((node) => `${act} ${node}`));
    }
    for (const node of start) {
      this.provided.set(node, this.broken.has(node) ? "failed" : "starting");
      if (!this.broken.has(node)) this.#boots.set(node, this.second);
    }
    for (const node of drain) this.states.set(node, "draining");
    for (const node of resume) this.states.set(node, "online");
    for (const node of end) this.leaves(node);
  }
}
