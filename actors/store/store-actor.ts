// The store as an actor. All it does itself is to pass each call on to its back end and to answer when
// that does: meanwhile it takes the next calls, which is what lets the back end commit them together.
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ackLevels } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import type { StoreBackend, StoreCommand } from "./backend.ts";
import { type ClockReadings, openBackend, type ShownStorePlace } from "./open-backend.ts";
import { WatchedBackend } from "./watched-backend.ts";

/** Its handlers are made of the protocol, so nothing is said of them here. */
interface StoreActorClass<Place> {
  readonly protocol: Protocol<Store>;
  initial(place: Place): Place;
  new (): object;
}

export type OpenBackend<Place> = (place: Place, readings: ClockReadings) => Promise<StoreBackend>;

/** The class of such actors whose back ends are opened in this way. */
export const storeActorOf = <Place>(open: OpenBackend<Place>): StoreActorClass<Place> =>
  class StoreActor extends Actor<Pick<Store, "ping">, Place> {
    static readonly protocol = Store;
    static initial = (place: Place): Place => place;
    static {
      declareHandlers(StoreActor.prototype, Store, (store, { name }, args) =>
        store.#pass({ method: name, args }),
      );
    }

    #backend: StoreBackend | undefined;

    /** Opens the back end; fails with `store_failed` when it is in use or cannot be used. */
    override async start(): Promise<void> {
      const { ctx } = this;
      const opened = await open(this.state, {
        wallMs: () => ctx.wall(),
        monotonicMs: () => ctx.now(),
      });
      this.#backend = new WatchedBackend(opened);
      // This promise only ever rejects, which crashes the actor: no message comes of it.
      ctx.pipe(this.#backend.lost, "ping");
      await this.#warnOfLoss(this.#backend);
      await ctx.register("store");
    }

    /** Each acknowledgement says it, too; here it is said to whoever runs the cluster. */
    async #warnOfLoss(backend: StoreBackend): Promise<void> {
      const info = await backend.call({ method: "info", args: [] }).catch(() => undefined);
      const ack = info?.ackLevels.at(-1);
      if (ack === undefined || ackLevels.indexOf(ack) >= ackLevels.indexOf("durable")) return;
      const text = `tasks are acknowledged as ${ack}: a loss of power can take them${ack === "accepted" ? ", and so can the end of the process that holds them" : ""}; docs/durability.md says which stores and settings survive what`;
      this.ctx.log("warn", text, { ack });
    }

    /** Answers what waits and lets go of the store, so that a successor can open it. */
    override async stopped(): Promise<void> {
      await this.#backend?.close();
    }

    #pass(call: Call): Deferred<unknown> {
      if (!this.#backend) throw new Failure("unavailable", "the store is not open yet; ask again");
      if (!isCommand(call)) throw new Failure("unknown_message", `no store knows ${call.method}`);
      return this.ctx.defer(this.#backend.call(call));
    }
  };

export const StoreActor = storeActorOf<ShownStorePlace>(openBackend);

interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Whether the arguments fit is the back end's to check. */
const isCommand = (call: Call): call is StoreCommand => Store.methods.has(call.method);
