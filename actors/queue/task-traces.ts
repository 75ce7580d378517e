// Which trace each task was submitted in, so that its run belongs to the same one. Pure.
//
// Bounded: beyond `tasksMax` the oldest is forgotten, and that task runs in a trace of its own. What
// is lost with the process is no more than a link between two pictures.
import type { Ref } from "#protocols/actor-ref.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import type { TraceContext } from "#protocols/trace-context.ts";

export class TaskTraces {
  readonly #tasksMax: number;
  readonly #traces = new Map<string, TraceContext>();

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  get size(): number {
    return this.#traces.size;
  }

  /**
   * A new task belongs to the trace, also to one that is not sampled: whoever began it has decided
   * for the run too. A repeated submission changes nothing.
   */
  submitted(result: SubmitResult, trace: TraceContext | undefined): void {
    if (result.kind !== "created" || trace === undefined) return;
    const [oldest] = this.#traces.keys();
    if (oldest !== undefined && this.#traces.size >= this.#tasksMax) this.#traces.delete(oldest);
    this.#traces.set(result.taskId, trace);
  }

  /** The ref as one that speaks of that task. */
  bind<P>(ref: Ref<P>, taskId: string): Ref<P> {
    const trace = this.#traces.get(taskId);
    return trace === undefined ? ref : ref.$.with({ trace });
  }

  /** The tasks have ended. */
  forget(...taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.#traces.delete(taskId);
  }
}
