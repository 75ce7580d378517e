// Who asks a person is told what was decided, in every attempt the same; and an attempt that has parked is
// over: nobody reports it.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { readFact, type TaskFacts } from "./task-facts.ts";

export const peopleAsked: Check = () => {
  const asked = new AskedTasks();
  return {
    name: "people asked",
    saw(event) {
      if (event.kind !== "fact") return;
      const problem = asked.saw(event.name, event.about);
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
  };
};

class AskedTasks {
  /** By task; each asks one question. */
  readonly #decisions = new Map<string, string>();
  readonly #parked = new Set<number>();

  saw(name: string, about: string): string | undefined {
    switch (name) {
      case "parked":
        this.#parked.add(readFact("parked", about).fence);
        return undefined;
      case "reports":
        return this.#reports(readFact("reports", about));
      case "answered":
        return this.#decided(readFact("answered", about));
      case "decided":
        return this.#decided(readFact("decided", about));
      default:
        return undefined;
    }
  }

  #reports({ taskId, fence }: TaskFacts["reports"]): string | undefined {
    return this.#parked.has(fence)
      ? `${taskId} has parked with ${fence}, and is reported`
      : undefined;
  }

  #decided({ taskId, decision }: TaskFacts["decided"]): string | undefined {
    const first = this.#decisions.get(taskId) ?? decision;
    this.#decisions.set(taskId, first);
    return first === decision ? undefined : `${taskId} was decided ${first}, and hears ${decision}`;
  }
}
