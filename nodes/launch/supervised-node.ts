// A node that is kept running: started, waited for, started again after a delay when it ends.
//
//   idle ──start──► starting ──ready──► ready ──drain──► draining ──stop──► ended
//                    ▲  │ ends            │ ends
//                    │  ▼                 ▼
//                    waiting ◄────────────┘        (one end too many: given up, ended)
//
// A node that is ready and does not come back to its event loop, whatever keeps it, is killed, and started again.
// A node that was told to end says so first (`leaving`). Then its end counts as no trouble, if it comes in
// time and in order; if it does not come, the node is killed.
import { performance } from "node:perf_hooks";
import type { FormerEnd, NodeLeave } from "#protocols/tasks/node.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import type { LauncherPlan } from "../topology/topology-plan.ts";
import { formerEndText, formerEndVariable } from "./former-end.ts";
import { Latch, within } from "./latch.ts";
import type { LaunchObserver } from "./launch-observer.ts";
import { isWorthAnotherStart, type NodeOrder, type NodeReport } from "./launch-protocol.ts";
import { LoopWatch } from "./loop-watch.ts";
import { type NodeCommand, NodeProcess } from "./node-process.ts";
import { type RestartDecision, RestartPolicy } from "./restart-policy.ts";

export type NodeState = "idle" | "starting" | "ready" | "draining" | "waiting" | "ended";

export interface SupervisedNodeOptions {
  readonly name: string;
  readonly command: NodeCommand;
  readonly plan: LauncherPlan;
  readonly observer: LaunchObserver;
  /** `later`: a process of that name ran before, under this launcher, and has ended. */
  readonly life: "first" | "later";
  /** It says how many nodes of a group are to stand. */
  asked(order: Extract<NodeReport, { readonly kind: "provide" }>): void;
  /** The node will not be started again: it ended too often, or it cannot start at all. */
  gaveUp(reason: string): void;
}

type Restart = Extract<RestartDecision, { readonly kind: "restart" }>;

const linesKept = 20;
/** So long may a node that ends by order take after its drain. Over: it is killed. */
const closeTimeoutMs = 2_000;

export class SupervisedNode {
  readonly name: string;
  readonly #options: SupervisedNodeOptions;
  readonly #policy: RestartPolicy;
  readonly #firstReady = new Latch();
  readonly #drained = new Latch();
  readonly #ended = new Latch();
  readonly #lines: string[] = [];
  #state: NodeState = "idle";
  #process: NodeProcess | undefined;
  /** Of the start or the ordered end that must succeed in time, or of the restart that is to come. */
  #timer: NodeJS.Timeout | undefined;
  #readyAtMs: number | undefined;
  /** While it is ready, and nobody has told it to end. */
  #loop: LoopWatch | undefined;
  #refusal: string | undefined;
  /** By an order to the node itself. */
  #isLeaving = false;
  /** It said itself that another start cannot help. */
  #isHopeless = false;
  #isFinal = false;
  /** At the end, by the launcher. */
  #wasKilled = false;
  #restarts = 0;
  #hasEndedBefore: boolean;
  /** Of its last process, when that ended in no order. */
  #formerEnd: FormerEnd | undefined;
  #url: string | null = null;

  constructor(options: SupervisedNodeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#policy = new RestartPolicy(options.plan);
    this.#hasEndedBefore = options.life === "later";
  }

  get state(): NodeState {
    return this.#state;
  }
  get pid(): number | undefined {
    return this.#process?.pid;
  }
  get url(): string | null {
    return this.#url;
  }
  get restarts(): number {
    return this.#restarts;
  }
  /** The last lines that the node wrote, in all its lives. */
  get recentLines(): readonly string[] {
    return this.#lines;
  }
  get firstReady(): Promise<void> {
    return this.#firstReady.opened;
  }
  get ended(): Promise<void> {
    return this.#ended.opened;
  }

  start(): void {
    this.#state = "starting";
    this.#isLeaving = false;
    this.#refusal = undefined;
    this.#readyAtMs = undefined;
    const started = new NodeProcess(this.#command, {
      report: (report) => this.#hear(report),
      line: (line) => this.#log(line),
      exited: (reason) => this.#exited(reason),
    });
    this.#process = started;
    if (started.pid === undefined) return;
    this.#options.observer.observe({ kind: "started", node: this.name, pid: started.pid });
    const { startTimeoutMs } = this.#options.plan;
    this.#timer = setTimeout(() => {
      this.#refusal = `was not ready within ${startTimeoutMs} ms`;
      started.kill();
    }, startTimeoutMs);
  }

  /** From now on the node's end is final. Resolves when it has drained, or ended. */
  drain(timeoutMs: number): Promise<void> {
    const isReady = this.#state === "ready";
    this.#conclude();
    if (!isReady) return Promise.resolve();
    this.#state = "draining";
    this.#process?.order({ kind: "drain", timeoutMs });
    return Promise.race([this.#drained.opened, this.#ended.opened]);
  }

  /** Nothing, while it has no process. */
  tell(order: Extract<NodeOrder, { readonly kind: "standing" }>): void {
    this.#process?.order(order);
  }

  /** Ends the process in order; after `timeoutMs` it is killed. Resolves when it is gone. */
  async stop(timeoutMs: number): Promise<void> {
    this.#conclude();
    this.#process?.order({ kind: "stop" });
    if ((await within(timeoutMs, this.#ended.opened)) === "late") this.kill();
    await this.#ended.opened;
  }

  kill(): void {
    this.#conclude();
    if (this.#process === undefined || this.#wasKilled) return;
    this.#wasKilled = true;
    this.#options.observer.observe({ kind: "killed", node: this.name });
    this.#process.kill();
  }

  /** No restart any more; a node that waits for one, or never was, has ended with that. */
  #conclude(): void {
    this.#isFinal = true;
    clearTimeout(this.#timer);
    this.#loop?.stop();
    if (this.#state === "idle" || this.#state === "waiting") this.#finish();
  }

  #hear(report: NodeReport): void {
    switch (report.kind) {
      case "ready":
        this.#becameReady(report.url ?? null);
        break;
      case "drained":
        this.#options.observer.observe({ kind: "drained", node: this.name });
        this.#drained.open();
        break;
      case "leaving":
        this.#leaveInTime(report.wish);
        break;
      case "turned":
        this.#loop?.answered();
        break;
      case "provide":
        this.#options.asked(report);
        break;
      case "failed":
        this.#refusal = `failed with ${report.code}: ${report.detail}`;
        this.#isHopeless = !this.#firstReady.isOpen && !isWorthAnotherStart(report.code);
        break;
      default:
        report satisfies never;
    }
  }

  #leaveInTime(wish: NodeLeave["wish"]): void {
    this.#isLeaving = true;
    // Whoever is to stay away is not started again; the others go on without it.
    if (wish === "stay-away") this.#conclude();
    const timeoutMs = this.#options.plan.drainTimeoutMs + closeTimeoutMs;
    clearTimeout(this.#timer);
    this.#loop?.stop();
    this.#timer = setTimeout(() => {
      this.#refusal = `was told to end, and did not within ${timeoutMs} ms`;
      this.#log(`the launcher kills ${this.name}: it ${this.#refusal}`);
      if (this.#isFinal) this.kill();
      else this.#process?.kill();
    }, timeoutMs);
  }

  #becameReady(url: string | null): void {
    if (this.#state !== "starting") return;
    clearTimeout(this.#timer);
    this.#readyAtMs = performance.now();
    this.#url = url;
    this.#state = "ready";
    this.#watchLoop();
    this.#options.observer.observe({ kind: "ready", node: this.name, url });
    this.#firstReady.open();
  }

  #watchLoop(): void {
    const { blockedMsMax } = this.#options.plan;
    this.#loop = new LoopWatch({
      blockedMsMax,
      ask: () => this.#process?.order({ kind: "turn" }),
      blocked: () => {
        this.#refusal = `was away from its event loop for ${blockedMsMax} ms`;
        this.#log(`the launcher kills ${this.name}: it ${this.#refusal}`);
        this.#process?.kill();
      },
    });
  }

  /** The node may know that its former process is gone: this launcher has seen its end. */
  get #command(): NodeCommand {
    const { command } = this.#options;
    const predecessor = this.#hasEndedBefore ? "gone" : "unknown";
    const formerEnd = this.#formerEnd && { [formerEndVariable]: formerEndText(this.#formerEnd) };
    return { ...command, env: { ...command.env, TROUPE_PREDECESSOR: predecessor, ...formerEnd } };
  }

  #exited(exit: string): void {
    clearTimeout(this.#timer);
    this.#loop?.stop();
    this.#process = undefined;
    this.#hasEndedBefore = true;
    const reason = this.#refusal === undefined ? exit : `${this.#refusal} (${exit})`;
    if (this.#isFinal) {
      this.#options.observer.observe({ kind: "stopped", node: this.name });
      this.#finish();
      return;
    }
    this.#options.observer.observe({ kind: "exited", node: this.name, reason });
    const nowMs = performance.now();
    const readyMs = this.#readyAtMs === undefined ? 0 : nowMs - this.#readyAtMs;
    const cause = this.#isLeaving && this.#refusal === undefined ? "order" : "trouble";
    this.#formerEnd = cause === "trouble" ? { at: nodeClock.wall(), reason } : undefined;
    const decision = this.#policy.decide({ cause, nowMs, readyMs, chance: Math.random() });
    if (this.#isHopeless) this.#giveUp(reason);
    else if (decision.kind === "give-up") this.#giveUp(`${reason}, and ${decision.reason}`);
    else this.#restartLater(decision);
  }

  #restartLater({ attempt, delayMs }: Restart): void {
    this.#options.observer.observe({ kind: "restarting", node: this.name, attempt, delayMs });
    this.#state = "waiting";
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, delayMs);
  }

  #giveUp(reason: string): void {
    this.#isFinal = true;
    this.#finish();
    this.#options.observer.observe({ kind: "gave-up", node: this.name, reason });
    this.#options.gaveUp(reason);
  }

  #finish(): void {
    this.#state = "ended";
    this.#ended.open();
  }

  #log(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > linesKept) this.#lines.shift();
    this.#options.observer.observe({ kind: "log", node: this.name, line });
  }
}
