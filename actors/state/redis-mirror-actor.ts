// Keeps a copy of the state in Redis, for gateways and programs outside of the cluster. The cluster does not need it: while
// Redis is away, everything goes on, and the copy is written anew as a whole once Redis is back.
//
//   starting ──► resyncing ──► following ──no answer of Redis──► away ──answer──► resyncing
//                                 ▲ └──no answer of the store──► waiting
//                                 └───────────────────────────────┘
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { MirrorStatus } from "#protocols/tasks/state-readings.ts";
import { Actor } from "#runtime/core/actor.ts";
import { mirrorKeys } from "./mirror-keys.ts";
import { isReached, type MirrorMoment } from "./mirror-moment.ts";
import { Mirror } from "./mirror-protocol.ts";
import { MirrorServer } from "./mirror-server.ts";
import { MirrorWriter, type ResyncResult, type StepResult } from "./mirror-writer.ts";
import type { MirrorTerms } from "./state-messages.ts";

interface Own {
  seek(): void;
  found(store: Ref<Store>): void;
  missed(failure: FailureData): void;
  connect(): void;
  connected(server: MirrorServer): void;
  resync(): void;
  resynced(result: ResyncResult): void;
  step(): void;
  stepped(result: StepResult): void;
  failed(failure: FailureData): void;
}

const seekAgainMs = 500;
const stepEveryMs = 100;
const retryMs = { min: 250, max: 2_000 } as const;

export class RedisMirrorActor
  extends Actor<Mirror, MirrorTerms, Own>
  implements Handlers<Mirror & Own>
{
  static readonly protocol = Mirror;
  static initial = (terms: MirrorTerms): MirrorTerms => terms;

  readonly #waiting = new Set<() => void>();
  #status: MirrorStatus = { kind: "off" };
  #store: Ref<Store> | undefined;
  #server: MirrorServer | undefined;
  #writer: MirrorWriter | undefined;
  #resyncs = 0;
  #retryMs: number = retryMs.min;
  /** What it warned of last. */
  #danger: string | null = null;
  /** One thing at a time is under way. */
  #isBusy = false;
  /** All of it stands there: it goes on event by event. */
  #isWritten = false;

  override start(): void {
    this.#status = { kind: "starting", server: this.state.server };
    this.seek();
  }

  override stopped(): void {
    this.#server?.close();
  }

  override terminated(_: AnyRef): void {
    this.#store = undefined;
    if (this.#isWritten) this.#waits("the store has ended; the copy waits for the next");
    this.seek();
  }

  status(): MirrorStatus {
    return this.#status;
  }

  reach(moment: MirrorMoment): Deferred<MirrorStatus> {
    const isOver = (): boolean =>
      ["away", "waiting"].includes(this.#status.kind) || isReached(this.#status, moment);
    return this.ctx.defer(
      new Promise((resolve) => {
        const look = (): void => {
          if (!isOver()) return;
          this.#waiting.delete(look);
          resolve(this.#status);
        };
        this.#waiting.add(look);
        this.ctx.signal.addEventListener("abort", () => this.#waiting.delete(look));
        look();
      }),
    );
  }

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(Store, "store"), "found", "missed");
  }

  found(store: Ref<Store>): void {
    this.#store = store;
    this.ctx.watch(store);
    if (this.#isWritten) this.step();
    else this.connect();
  }

  missed({ code, detail }: FailureData): void {
    this.ctx.log("info", `the mirror has no store yet: ${detail}`, { code });
    this.ctx.after({ ms: seekAgainMs, key: "seek" }, "seek");
  }

  connect(): void {
    if (this.#isBusy || !this.#store) return;
    this.#isBusy = true;
    this.#server?.close();
    this.#server = undefined;
    this.#writer = undefined;
    this.ctx.pipe(MirrorServer.open(this.state.place), "connected", "failed");
  }

  connected(server: MirrorServer): void {
    this.#isBusy = false;
    this.#server = server;
    this.#writer = new MirrorWriter({
      server,
      keys: mirrorKeys(this.state.namespace),
      newToken: () => `${this.ctx.random()}`.slice(2),
      wall: () => this.ctx.wall(),
      random: () => this.ctx.random(),
    });
    this.#warn(server.danger);
    this.resync();
  }

  /** All of it, over the connection that there is. */
  resync(): void {
    if (this.#isBusy || this.#isWritten || !this.#writer) return;
    if (!this.#store) {
      this.#waits("the store has ended; the copy waits for the next");
      return;
    }
    this.#isBusy = true;
    const { server } = this.state;
    if (this.#status.kind !== "away") {
      this.#status = { kind: "resyncing", server, since: this.ctx.wall() };
    }
    this.ctx.pipe(this.#writer.resync(this.#store), "resynced", "failed");
  }

  resynced(result: ResyncResult): void {
    this.#isBusy = false;
    if (result.kind === "waits") {
      this.#waits(result.reason);
      this.ctx.after({ ms: seekAgainMs, key: "resync" }, "resync");
      return;
    }
    this.#isWritten = true;
    this.#resyncs += 1;
    this.#retryMs = retryMs.min;
    this.ctx.log("info", "the mirror was written anew", { event: result.eventId });
    this.#reached(result, this.ctx.wall());
    this.step();
  }

  step(): void {
    const isReady = !this.#isBusy && this.#isWritten;
    if (!isReady || !this.#writer || !this.#store) return;
    this.#isBusy = true;
    this.ctx.pipe(this.#writer.step(this.#store), "stepped", "failed");
  }

  stepped(result: StepResult): void {
    this.#isBusy = false;
    if (result.kind === "lost") {
      this.ctx.log("warn", `the mirror is written anew: ${result.reason}`);
      this.#isWritten = false;
      this.resync();
      return;
    }
    if (result.kind === "waits") {
      this.#waits(result.reason);
      this.ctx.after({ ms: seekAgainMs, key: "step" }, "step");
      return;
    }
    const since = this.#status.kind === "following" ? this.#status.since : this.ctx.wall();
    this.#reached(result, since);
    this.ctx.after({ ms: result.isMore ? 0 : stepEveryMs, key: "step" }, "step");
  }

  /** Redis did not answer, or refused. */
  failed({ code, detail }: FailureData): void {
    this.#isBusy = false;
    this.#isWritten = false;
    const { server } = this.state;
    const since = this.#status.kind === "away" ? this.#status.since : this.ctx.wall();
    this.#status = { kind: "away", server, since, reason: `${code}: ${detail}` };
    this.#settle();
    this.ctx.after({ ms: this.#retryMs, key: "connect" }, "connect");
    this.#retryMs = Math.min(retryMs.max, this.#retryMs * 2);
  }

  /** Of the same danger once, however often the connection breaks. */
  #warn(danger: string | null): void {
    if (danger !== null && danger !== this.#danger) this.ctx.log("warn", danger);
    this.#danger = danger;
  }

  #waits(reason: string): void {
    const since = this.#status.kind === "waiting" ? this.#status.since : this.ctx.wall();
    this.#status = { kind: "waiting", server: this.state.server, since, reason };
    this.#settle();
  }

  #reached({ epoch, eventId }: MirrorMoment, since: number): void {
    const writtenAt = this.ctx.wall();
    const { server } = this.state;
    const resyncsTotal = this.#resyncs;
    this.#status = { kind: "following", server, since, epoch, eventId, writtenAt, resyncsTotal };
    this.#settle();
  }

  #settle(): void {
    for (const look of this.#waiting) look();
  }
}
