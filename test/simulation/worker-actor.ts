// Teams of three workers, one of each restart kind, under each strategy: for simulated supervision.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { serviceKey } from "#runtime/core/services.ts";
import type { RestartKind, Strategy, SupervisionSpec } from "#runtime/core/supervision.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";

export const workers = ["permanent", "transient", "temporary"] as const satisfies RestartKind[];
export const teams = { ones: "one-for-one", rest: "rest-for-one", all: "one-for-all" } as const;
export const teamBounds = { restartsMax: 6, withinMs: 4_000 } as const;

/** The world of one life of a node: its history, and how often a worker's `start` fails. */
export class Workplace {
  readonly host: SimulatedHost;
  readonly failedStartRate: number;
  readonly #calmFromMs: number;

  constructor(host: SimulatedHost, terms: { readonly rate: number; readonly calmFromMs: number }) {
    this.host = host;
    this.failedStartRate = terms.rate;
    this.#calmFromMs = terms.calmFromMs;
  }

  /** Drawn anew for each start. */
  isStartFailing(): boolean {
    const { chance, now } = this.host;
    return chance.happens(this.failedStartRate) && now() < this.#calmFromMs;
  }
}

export const workplaceKey = serviceKey("simulation.workplace", (value) =>
  value instanceof Workplace ? value : undefined,
);

export interface Worker {
  crash(): void;
  /** Ends by itself. */
  leave(): void;
  ping(number: number): number;
}
export const Worker = protocol<Worker>("simulation.Worker@1", {
  crash: tell,
  leave: tell,
  ping: ask(),
});

export class WorkerActor extends Actor<Worker> implements Handlers<Worker> {
  static readonly protocol = Worker;

  override start(): void {
    this.#host.record({ kind: "began", actor: this.#key });
    if (!this.ctx.use(workplaceKey).isStartFailing()) return;
    this.#host.record({ kind: "fact", name: "fails to start", about: this.#key });
    throw new Error("start fails");
  }

  override stopped(): void {
    this.#host.record({ kind: "over", actor: this.#key });
  }

  crash(): void {
    this.#host.record({ kind: "fact", name: "crashes", about: this.#key });
    throw new Error("told to crash");
  }

  leave(): void {
    this.#host.record({ kind: "fact", name: "leaves", about: this.#key });
    this.ctx.stop();
  }

  ping(number: number): number {
    return number;
  }

  get #host(): SimulatedHost {
    return this.ctx.use(workplaceKey).host;
  }

  get #key(): string {
    return referenceKey(this.ctx.self);
  }
}

// biome-ignore lint/complexity/noBannedTypes: nobody says anything to a team.
type Team = {};
const Team = protocol<Team>("simulation.Team@1", {});

export class TeamActor extends Actor<Team> {
  static readonly protocol = Team;

  override start(): void {
    for (const restart of workers) this.ctx.spawn(WorkerActor, { name: restart, restart });
  }
}

export const teamSupervision = (strategy: Strategy): SupervisionSpec => ({
  strategy,
  ...teamBounds,
  backoff: { delayMsMin: 5, delayMsMax: 200, factor: 2, jitter: 0.2 },
});
