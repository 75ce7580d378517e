// A store in memory whose answers get lost on their way, or that refuses, as often as a test says.
import type { StoreBackend, StoreCommand } from "#actors/store/backend.ts";
import { openBackend } from "#actors/store/open-backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Actor } from "#runtime/core/actor.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";

export interface Losses {
  /** Claims whose answers are lost from now on. */
  claims: number;
  /** Recalls that are refused from now on, and leases of whole nodes that are not taken back. */
  recalls?: number;
  releases?: number;
  /** Milliseconds that answers to claims take on their way. */
  claimMs?: number;
  /** Alerts that are refused from now on. Default: none. */
  alerts?: number;
  /** Points of the history that are refused from now on, in reports. Default: none. */
  reports?: number;
  /** Claims that came. */
  asked?: number;
  /** Questions how a task ended, or stands, that came. */
  looks?: number;
  /** What they granted. */
  readonly granted: string[];
}

/** Its handlers are made of the protocol, so nothing is said of them here. */
interface ForgetfulStoreClass {
  readonly protocol: Protocol<Store>;
  initial(losses: Losses): Losses;
  new (): object;
}

export const ForgetfulStoreActor: ForgetfulStoreClass = class ForgetfulStoreActor extends Actor<
  Pick<Store, "ping">,
  Losses
> {
  static readonly protocol = Store;
  static initial = (losses: Losses): Losses => losses;
  static {
    declareHandlers(ForgetfulStoreActor.prototype, Store, (store, { name }, args) =>
      store.#pass({ method: name, args }),
    );
  }

  #backend: StoreBackend | undefined;

  override async start(): Promise<void> {
    const { ctx } = this;
    const clock = { wallMs: () => ctx.wall(), monotonicMs: () => ctx.now() };
    this.#backend = await openBackend({ kind: "memory" }, clock);
    await ctx.register("store");
  }

  override async stopped(): Promise<void> {
    await this.#backend?.close();
  }

  #pass(call: { readonly method: string; readonly args: readonly unknown[] }): Deferred<unknown> {
    if (!isCommand(call)) throw new Failure("unknown_message", `no store knows ${call.method}`);
    return this.ctx.defer(this.#answer(call));
  }

  async #answer(command: StoreCommand): Promise<unknown> {
    if (!this.#backend) throw new Failure("unavailable", "the store is not open yet; ask again");
    const { recalls = 0, releases = 0, claimMs = 0, alerts = 0, reports = 0 } = this.state;
    if (command.method === "recall" && recalls > 0) {
      this.state.recalls = recalls - 1;
      throw new Failure("store_failed", "the store refuses recalls for now");
    }
    if (command.method === "releaseNode" && releases > 0) {
      this.state.releases = releases - 1;
      throw new Failure("store_failed", "the store takes nothing back for now");
    }
    if (command.method === "raiseAlert" && alerts > 0) {
      this.state.alerts = alerts - 1;
      throw new Failure("store_failed", "the disk is full");
    }
    if (command.method === "recordMetrics" && reports > 0) {
      this.state.reports = reports - 1;
      throw new Failure("store_failed", "the disk is full");
    }
    if (command.method === "outcome" || command.method === "view") {
      this.state.looks = (this.state.looks ?? 0) + 1;
    }
    if (command.method !== "claim") return this.#backend.call(command);
    this.state.asked = (this.state.asked ?? 0) + 1;
    const leases = await this.#backend.call(command);
    if (claimMs > 0) await this.ctx.sleep(claimMs);
    if (this.state.claims === 0 || leases.length === 0) return leases;
    this.state.claims -= 1;
    this.state.granted.push(...leases.map(({ taskId }) => taskId));
    throw new Failure("unknown_outcome", "the answer was lost on its way");
  }
};

const isCommand = (call: {
  readonly method: string;
  readonly args: readonly unknown[];
}): call is StoreCommand => Store.methods.has(call.method);
