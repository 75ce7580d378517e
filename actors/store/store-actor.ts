// The task store as an actor. All it does itself is to pass each call on to the writer thread and
// to answer when that does: meanwhile it takes the next calls, which is what lets the thread commit
// them together.
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { StoreCommand, StoreMethod, StoreValue } from "./sqlite/store-command.ts";
import { StoreThread } from "./sqlite/store-thread.ts";

type Argument<M extends StoreMethod> = Parameters<TaskStore[M]>[0];
type Later<M extends StoreMethod> = Deferred<StoreValue<M>>;

export class StoreActor
  extends Actor<TaskStore, { readonly path: string }>
  implements Handlers<TaskStore>
{
  static readonly protocol = TaskStore;
  static initial = (args: { readonly path: string }) => ({ path: args.path });

  #thread: StoreThread | undefined;

  /** Opens the database; fails with `store_failed` when it is in use or cannot be used. */
  override async start(): Promise<void> {
    this.#thread = await StoreThread.open(this.state.path);
    // This promise only ever rejects, which crashes the actor: no message comes of it.
    this.ctx.pipe(this.#thread.lost, "ping");
    await this.ctx.register("store");
  }

  /** Answers what waits and closes the database, so that a successor can open it. */
  override async stopped(): Promise<void> {
    await this.#thread?.close();
  }

  submit(submission: Argument<"submit">): Later<"submit"> {
    return this.#call({ method: "submit", args: [submission] });
  }

  claim(request: Argument<"claim">): Later<"claim"> {
    return this.#call({ method: "claim", args: [request] });
  }

  renew(request: Argument<"renew">): Later<"renew"> {
    return this.#call({ method: "renew", args: [request] });
  }

  complete(report: Argument<"complete">): Later<"complete"> {
    return this.#call({ method: "complete", args: [report] });
  }

  fail(report: Argument<"fail">): Later<"fail"> {
    return this.#call({ method: "fail", args: [report] });
  }

  release(request: Argument<"release">): Later<"release"> {
    return this.#call({ method: "release", args: [request] });
  }

  cancel(request: Argument<"cancel">): Later<"cancel"> {
    return this.#call({ method: "cancel", args: [request] });
  }

  sweep(limit: number): Later<"sweep"> {
    return this.#call({ method: "sweep", args: [limit] });
  }

  view(taskId: string): Later<"view"> {
    return this.#call({ method: "view", args: [taskId] });
  }

  outcome(taskId: string): Later<"outcome"> {
    return this.#call({ method: "outcome", args: [taskId] });
  }

  counts(): Later<"counts"> {
    return this.#call({ method: "counts", args: [] });
  }

  check(): Later<"check"> {
    return this.#call({ method: "check", args: [] });
  }

  ping(): Later<"ping"> {
    return this.#call({ method: "ping", args: [] });
  }

  #call<C extends StoreCommand>(command: C): Deferred<StoreValue<C["method"]>> {
    if (!this.#thread) throw new Failure("unavailable", "the store is not open yet; ask again");
    return this.ctx.defer(this.#thread.call(command));
  }
}
