// Pure. One group of nodes: looks at its load and at who stands, and says who is to be started, drained, taken
// back or ended. It remembers only what it has asked for; who stands is seen anew each time.
//
//   not there ──start──► starting ──registers──► ready ──drain──► leaving ──its last task ends──► not there
//                                                  ▲───resume───────┘
//
// The lowest free number is started first, the highest leaves first. Who leaves by another's order counts as
// leaving too, and whoever stays away is replaced only when the load asks for it.
import type { NodeState } from "#protocols/tasks/node-record.ts";
import type { GroupNode, GroupView } from "#protocols/tasks/node-scaling.ts";
import { LoadScaling, type ScalingStep, type ScalingTerms } from "#runtime/tasks/load-scaling.ts";
import type { ProvidedNode } from "./node-provider.ts";

export interface GroupTerms {
  readonly group: string;
  readonly provider: GroupView["provider"];
  /** All that it may have, by number. */
  readonly nodes: readonly string[];
  readonly scaling: ScalingTerms;
  /** The queues that its workers serve. */
  readonly queues: readonly string[];
  /** A node that does not stand so long after it was asked for has failed. */
  readonly startTimeoutMs: number;
}

export interface GroupSight {
  readonly nowMs: number;
  readonly waiting: number;
  readonly waitMs: number;
  /** Tasks by node, as the queue says; of others nothing is known to run. */
  readonly runningOn: ReadonlyMap<string, number>;
  /** As the registry says; whoever it does not know is left out. */
  readonly states: ReadonlyMap<string, NodeState>;
  /** As the provider says; undefined: it cannot say yet. */
  readonly provided: readonly ProvidedNode[] | undefined;
}

export interface GroupActs {
  readonly start: readonly string[];
  readonly drain: readonly string[];
  readonly resume: readonly string[];
  readonly end: readonly string[];
  /** How many are to stand then. */
  readonly count: number;
  readonly reason: string;
  /** What has changed, in words, for people. */
  readonly told: readonly GroupNotice[];
}

export interface GroupNotice {
  readonly kind: "up" | "down" | "left" | "failed";
  readonly text: string;
}

/** After one that could not be started: no further one is for so long. */
const againMs = 30_000;
/** So long has an order to drain or to go on before it is given again. */
const orderAgainMs = 5_000;

export class ScaledGroup {
  readonly terms: GroupTerms;
  #scaling: LoadScaling | undefined;
  /** Until when each is waited for. */
  readonly #asked = new Map<string, number>();
  /** Since when each is to leave, and when it was last told so. */
  readonly #leaving = new Map<string, number>();
  /** Nodes whose failure was told. */
  readonly #failed = new Map<string, string>();
  #nodes: readonly GroupNode[] = [];
  #seen = { waiting: 0, running: 0, waitMs: 0 };
  #counts = { up: 0, down: 0, failed: 0, left: 0 };
  #reason = "";
  #lastChange: string | null = null;
  #trouble: string | null = "who starts its nodes has not said yet which of them stand";

  constructor(terms: GroupTerms) {
    this.terms = terms;
  }

  /** What is to be done now; undefined: it is not known yet who stands. */
  look(sight: GroupSight): GroupActs | undefined {
    const { nowMs, provided } = sight;
    if (provided === undefined) return undefined;
    const told: GroupNotice[] = [];
    if (!this.#scaling) this.#trouble = null;
    this.#scaling ??= new LoadScaling(this.terms.scaling, nowMs);
    const present = this.#present(sight, provided);
    this.#noteFailures(provided, nowMs, told);
    this.#noteAsked(present, nowMs, told);
    const end = this.#noteLeft(sight, present, told);
    const staying = this.#staying(present);
    this.#see(sight, present);
    const step = this.#scaling.look({
      ...{ nowMs, waiting: sight.waiting, waitMs: sight.waitMs },
      running: this.#seen.running,
      standing: staying.length,
      starting: staying.filter((node) => !isServing(sight.states.get(node))).length,
    });
    if (step) this.#reason = step.reason;
    if (staying.length >= this.#scaling.wanted && this.#failed.size === 0) this.#trouble = null;
    const resume = step?.kind === "up" ? this.#takeBack(sight, step.standing - staying.length) : [];
    if (step?.kind === "up") this.#ask(step, [...staying, ...resume], present, nowMs);
    if (step?.kind === "down") this.#release(staying);
    const count = this.#staying(present).length;
    if (step && count !== staying.length) {
      const text = `${this.terms.group}: ${countOf(staying.length)} become ${count}: ${step.reason}`;
      told.push({ kind: step.kind, text });
    }
    for (const notice of told) this.#note(notice);
    const start = [...this.#asked.keys()].filter((node) => !present.includes(node));
    const drain = this.#toDrain(sight, present);
    return { start, drain, resume, end, count, reason: this.#reason, told };
  }

  /** An order that nobody took; the next look gives it again. */
  refused(nowMs: number, text: string): GroupNotice {
    this.#scaling?.pause(nowMs + againMs);
    this.#asked.clear();
    const notice: GroupNotice = { kind: "failed", text: `${this.terms.group}: ${text}` };
    this.#note(notice);
    return notice;
  }

  get view(): GroupView {
    const { group, provider, scaling } = this.terms;
    const { up: ups, down: downs, failed: failures } = this.#counts;
    const bounds = { min: scaling.min, max: scaling.max, wanted: this.#scaling?.wanted ?? 0 };
    const history = { ups, downs, failures, lastChange: this.#lastChange, trouble: this.#trouble };
    return { group, provider, ...bounds, nodes: this.#nodes, ...this.#seen, ...history };
  }

  /** Whoever the provider keeps, and whoever was heard of late, whoever may have started it. */
  #present({ states }: GroupSight, provided: readonly ProvidedNode[]): readonly string[] {
    const kept = new Set(provided.flatMap((one) => (one.phase === "failed" ? [] : [one.node])));
    return this.terms.nodes.filter((node) => kept.has(node) || isServing(states.get(node)));
  }

  #staying(present: readonly string[]): readonly string[] {
    return this.terms.nodes.filter(
      (node) => (present.includes(node) || this.#asked.has(node)) && !this.#leaving.has(node),
    );
  }

  #noteFailures(provided: readonly ProvidedNode[], nowMs: number, told: GroupNotice[]): void {
    for (const { node, phase, reason = "it could not be started" } of provided) {
      if (phase !== "failed") this.#failed.delete(node);
      else if (this.#failed.get(node) !== reason) {
        this.#failed.set(node, reason);
        this.#asked.delete(node);
        this.#scaling?.pause(nowMs + againMs);
        told.push({ kind: "failed", text: `${node} is given up: ${reason}` });
      }
    }
  }

  #noteAsked(present: readonly string[], nowMs: number, told: GroupNotice[]): void {
    for (const [node, untilMs] of this.#asked) {
      if (present.includes(node)) {
        this.#asked.delete(node);
      } else if (nowMs >= untilMs) {
        this.#asked.delete(node);
        this.#scaling?.pause(nowMs + againMs);
        const { startTimeoutMs } = this.terms;
        told.push({
          kind: "failed",
          text: `${node} does not stand ${startTimeoutMs} ms after it was asked for`,
        });
      }
    }
  }

  /** Answers those of whom nothing is to be left. A drain that another has ordered is one, too. */
  #noteLeft(
    { nowMs, states }: GroupSight,
    present: readonly string[],
    told: GroupNotice[],
  ): readonly string[] {
    for (const node of present) {
      const isToLeave = states.get(node) === "draining";
      if (isToLeave && !this.#leaving.has(node)) this.#leaving.set(node, nowMs);
    }
    return [...this.#leaving.keys()].filter((node) => {
      if (isServing(states.get(node))) return false;
      if (present.includes(node)) return true;
      this.#leaving.delete(node);
      told.push({ kind: "left", text: `${node} has left` });
      return true;
    });
  }

  #see({ states, runningOn, waiting, waitMs }: GroupSight, present: readonly string[]): void {
    const staying = this.#staying(present);
    const running = staying.reduce((sum, node) => sum + (runningOn.get(node) ?? 0), 0);
    this.#seen = { waiting, running, waitMs };
    this.#nodes = this.terms.nodes.flatMap((node): readonly GroupNode[] => {
      if (present.includes(node) && this.#leaving.has(node)) return [{ node, phase: "leaving" }];
      if (!staying.includes(node)) return [];
      return [{ node, phase: isServing(states.get(node)) ? "ready" : "starting" }];
    });
  }

  /** Whoever is still leaving is there sooner than another one. */
  #takeBack({ states }: GroupSight, most: number): readonly string[] {
    const able = [...this.#leaving.keys()].filter((node) => states.get(node) === "draining");
    const back = able.slice(0, most);
    for (const node of back) this.#leaving.delete(node);
    return back;
  }

  #ask(
    { standing }: ScalingStep,
    staying: readonly string[],
    present: readonly string[],
    nowMs: number,
  ): void {
    const free = this.terms.nodes.filter(
      (node) => !staying.includes(node) && !present.includes(node) && !this.#leaving.has(node),
    );
    for (const node of free.slice(0, standing - staying.length)) {
      this.#failed.delete(node);
      this.#asked.set(node, nowMs + this.terms.startTimeoutMs);
    }
  }

  #release(staying: readonly string[]): void {
    const last = staying.at(-1);
    if (last === undefined) return;
    if (!this.#asked.delete(last)) this.#leaving.set(last, Number.NEGATIVE_INFINITY);
  }

  /** A drain ends with the life of a node: one that was started anew meanwhile is told again. */
  #toDrain({ nowMs, states }: GroupSight, present: readonly string[]): readonly string[] {
    return [...this.#leaving].flatMap(([node, toldMs]) => {
      const state = states.get(node);
      const isDue = nowMs - toldMs >= orderAgainMs;
      if (!present.includes(node) || !isHeard(state) || state === "draining" || !isDue) return [];
      this.#leaving.set(node, nowMs);
      return [node];
    });
  }

  #note({ kind, text }: GroupNotice): void {
    this.#counts[kind] += 1;
    this.#lastChange = text;
    if (kind === "failed") this.#trouble = text;
  }
}

const isHeard = (state: NodeState | undefined): boolean =>
  state !== undefined && !["offline", "suspect", "removed", "registering"].includes(state);

/** One that is silent for a moment is there; one that was never heard may be on its way. */
const isServing = (state: NodeState | undefined): boolean => isHeard(state) || state === "suspect";

const countOf = (count: number): string => `${count} node${count === 1 ? "" : "s"}`;
