// Carries a plan of faults out on real processes, and undoes all that lasts when it is over.
import { setTimeout as delay } from "node:timers/promises";
import type { ClusterProcess } from "../processes/cluster-process.ts";
import type { RedisProcess } from "../runtime/cluster/directory/redis-process.ts";
import type { ChaosFault } from "./chaos-plan.ts";

export interface DoneFault extends ChaosFault {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** When the process could run again: was woken, or its successor was ready. Undefined: not seen. */
  backAt: number | undefined;
}

export interface FaultTargets {
  readonly cluster: ClusterProcess;
  readonly redis: RedisProcess | undefined;
}

export class ChaosFaults {
  readonly done: DoneFault[] = [];
  /** Faults whose process was not there or stood still already. */
  readonly missed: ChaosFault[] = [];
  readonly #targets: FaultTargets;
  readonly #open = new Set<Promise<void>>();
  /** By name, the process that stands still. */
  readonly #frozen = new Map<string, number>();

  constructor(targets: FaultTargets) {
    this.#targets = targets;
  }

  get frozen(): readonly string[] {
    return [...this.#frozen.keys()];
  }

  /** Resolves when the last of them has begun. */
  async run(plan: readonly ChaosFault[], isOver: () => boolean): Promise<void> {
    const startedAt = performance.now();
    for (const fault of plan) {
      const waitMs = startedAt + fault.atMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      if (isOver()) return;
      this.#begin(fault);
    }
  }

  /** Resolves when everything that was stopped runs again. */
  async healed(): Promise<void> {
    await Promise.all(this.#open);
  }

  /** At once: whoever stands still runs on, and can end. */
  wake(): void {
    for (const [name, pid] of this.#frozen) {
      if (name === "redis") this.#targets.redis?.signal("SIGCONT");
      else signalled(pid, "SIGCONT");
    }
  }

  /**
   * A node has become ready, and all that hit it before is over: it may have been killed again while it
   * started, or while it stood still, so that nobody woke it.
   */
  ready(node: string): void {
    for (const fault of this.done) {
      if (fault.target === node) fault.backAt ??= Date.now();
    }
  }

  #begin(fault: ChaosFault): void {
    const begun: DoneFault = { ...fault, at: Date.now(), backAt: undefined };
    const lasting = fault.target === "redis" ? this.#hitRedis(begun) : this.#hitNode(begun);
    if (lasting === undefined) {
      this.missed.push(fault);
      return;
    }
    this.done.push(begun);
    const open = lasting.finally(() => this.#open.delete(open));
    this.#open.add(open);
  }

  #hitNode(fault: DoneFault): Promise<void> | undefined {
    const { act, forMs, target } = fault;
    const { cluster } = this.#targets;
    if (!cluster.isRunning(target)) return undefined;
    const pid = cluster.pidOf(target);
    if (this.#frozen.has(target) && act === "freeze") return undefined;
    if (!signalled(pid, act === "kill" ? "SIGKILL" : "SIGSTOP")) return undefined;
    if (act === "kill") {
      this.#frozen.delete(target);
      return Promise.resolve();
    }
    this.#frozen.set(target, pid);
    return delay(forMs).then(() => {
      if (this.#frozen.get(target) !== pid) return;
      this.#frozen.delete(target);
      signalled(pid, "SIGCONT");
      fault.backAt = Date.now();
    });
  }

  #hitRedis(fault: DoneFault): Promise<void> | undefined {
    const { redis } = this.#targets;
    if (redis === undefined || this.#frozen.has("redis")) return undefined;
    this.#frozen.set("redis", 0);
    return this.#redisHit(redis, fault).finally(() => this.#frozen.delete("redis"));
  }

  async #redisHit(redis: RedisProcess, fault: DoneFault): Promise<void> {
    if (fault.act === "kill") await redis.kill();
    else redis.signal("SIGSTOP");
    await delay(fault.forMs);
    if (fault.act === "kill") await redis.startAgain();
    else redis.signal("SIGCONT");
    fault.backAt = Date.now();
  }
}

/** Whether there was a process to signal. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
