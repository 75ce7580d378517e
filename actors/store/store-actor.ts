// The task store as an actor. All it does itself is to pass each call on to its back end and to answer
// when that does: meanwhile it takes the next calls, which is what lets the back end commit them
// together.
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { StoreBackend, StoreCommand, StoreMethod, StoreValue } from "./backend.ts";
import { openBackend, type StorePlace } from "./open-backend.ts";

type Argument<M extends StoreMethod> = Parameters<TaskStore[M]>[0];
type Later<M extends StoreMethod> = Deferred<StoreValue<M>>;

export class StoreActor extends Actor<TaskStore, StorePlace> implements Handlers<TaskStore> {
  static readonly protocol = TaskStore;
  static initial = (place: StorePlace): StorePlace => place;

  #backend: StoreBackend | undefined;

  /** Opens the back end; fails with `store_failed` when it is in use or cannot be used. */
  override async start(): Promise<void> {
    const { ctx } = this;
    this.#backend = await openBackend(this.state, {
      wallMs: () => ctx.wall(),
      monotonicMs: () => ctx.now(),
    });
    // This promise only ever rejects, which crashes the actor: no message comes of it.
    ctx.pipe(this.#backend.lost, "ping");
    await ctx.register("store");
  }

  /** Answers what waits and lets go of the store, so that a successor can open it. */
  override async stopped(): Promise<void> {
    await this.#backend?.close();
  }

  info(): Later<"info"> {
    return this.#call({ method: "info", args: [] });
  }

  submit(submission: Argument<"submit">): Later<"submit"> {
    return this.#call({ method: "submit", args: [submission] });
  }

  claim(request: Argument<"claim">): Later<"claim"> {
    return this.#call({ method: "claim", args: [request] });
  }

  heartbeat(beat: Argument<"heartbeat">): Later<"heartbeat"> {
    return this.#call({ method: "heartbeat", args: [beat] });
  }

  progress(report: Argument<"progress">): Later<"progress"> {
    return this.#call({ method: "progress", args: [report] });
  }

  complete(report: Argument<"complete">): Later<"complete"> {
    return this.#call({ method: "complete", args: [report] });
  }

  fail(report: Argument<"fail">): Later<"fail"> {
    return this.#call({ method: "fail", args: [report] });
  }

  release(lease: Argument<"release">): Later<"release"> {
    return this.#call({ method: "release", args: [lease] });
  }

  releaseNode(request: Argument<"releaseNode">): Later<"releaseNode"> {
    return this.#call({ method: "releaseNode", args: [request] });
  }

  cancel(request: Argument<"cancel">): Later<"cancel"> {
    return this.#call({ method: "cancel", args: [request] });
  }

  confirmRequest(request: Argument<"confirmRequest">): Later<"confirmRequest"> {
    return this.#call({ method: "confirmRequest", args: [request] });
  }

  confirmAnswer(answer: Argument<"confirmAnswer">): Later<"confirmAnswer"> {
    return this.#call({ method: "confirmAnswer", args: [answer] });
  }

  confirmations(request: Argument<"confirmations">): Later<"confirmations"> {
    return this.#call({ method: "confirmations", args: [request] });
  }

  sweep(limit: Argument<"sweep">): Later<"sweep"> {
    return this.#call({ method: "sweep", args: [limit] });
  }

  view(taskId: Argument<"view">): Later<"view"> {
    return this.#call({ method: "view", args: [taskId] });
  }

  list(query: Argument<"list">): Later<"list"> {
    return this.#call({ method: "list", args: [query] });
  }

  outcome(taskId: Argument<"outcome">): Later<"outcome"> {
    return this.#call({ method: "outcome", args: [taskId] });
  }

  result(request: Argument<"result">): Later<"result"> {
    return this.#call({ method: "result", args: [request] });
  }

  counts(queue?: string): Later<"counts"> {
    const args: [string?] = queue === undefined ? [] : [queue];
    return this.#call({ method: "counts", args });
  }

  statistics(): Later<"statistics"> {
    return this.#call({ method: "statistics", args: [] });
  }

  setQueue(settings: Argument<"setQueue">): Later<"setQueue"> {
    return this.#call({ method: "setQueue", args: [settings] });
  }

  queues(): Later<"queues"> {
    return this.#call({ method: "queues", args: [] });
  }

  appendEvents(events: Argument<"appendEvents">): Later<"appendEvents"> {
    return this.#call({ method: "appendEvents", args: [events] });
  }

  readEvents(request: Argument<"readEvents">): Later<"readEvents"> {
    return this.#call({ method: "readEvents", args: [request] });
  }

  tailEvents(request: Argument<"tailEvents">): Later<"tailEvents"> {
    return this.#call({ method: "tailEvents", args: [request] });
  }

  check(): Later<"check"> {
    return this.#call({ method: "check", args: [] });
  }

  ping(): Later<"ping"> {
    return this.#call({ method: "ping", args: [] });
  }

  #call<C extends StoreCommand>(command: C): Deferred<StoreValue<C["method"]>> {
    if (!this.#backend) throw new Failure("unavailable", "the store is not open yet; ask again");
    return this.ctx.defer(this.#backend.call(command));
  }
}
