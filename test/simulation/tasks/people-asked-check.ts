// Who asks a person is told what was decided, in every attempt the same: the answer that was given, or, when
// the time for it is over, what silence was to mean; and a task that silence was to end has ended with it. An
// attempt that has parked is over: nobody reports it.
import { isEnded } from "#protocols/tasks/task-states.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { type Kept, type KeptQuestion, readFact, type TaskFacts } from "./task-facts.ts";

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

const isSilence = (decision: string): boolean => decision.startsWith("timeout_");

class AskedTasks {
  /** By task; each asks one question. */
  readonly #decisions = new Map<string, string>();
  /** By task: what silence is to mean. */
  readonly #silences = new Map<string, string>();
  readonly #parked = new Set<number>();

  saw(name: string, about: string): string | undefined {
    switch (name) {
      case "parked":
        this.#parked.add(readFact("parked", about).fence);
        return undefined;
      case "asks": {
        const { taskId, onTimeout } = readFact("asks", about);
        this.#silences.set(taskId, onTimeout);
        return undefined;
      }
      case "kept":
        return this.#kept(readFact("kept", about));
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

  #kept({ at, questions, tasks }: Kept): string | undefined {
    const status = new Map(tasks.map((task) => [task.taskId, task.status]));
    for (const question of questions) {
      const { decision, expiresAt, taskId } = question;
      const problem = this.#decided(question) ?? this.#silent(question);
      if (problem !== undefined) return problem;
      if (isSilence(decision) && at < expiresAt) return `${taskId} was decided before its time`;
      const now = status.get(taskId);
      if (decision === "timeout_fail" && now !== undefined && !isEnded(now)) {
        return `${taskId} was to fail by silence, and is ${now}`;
      }
    }
    return undefined;
  }

  #silent({ decision, taskId }: KeptQuestion): string | undefined {
    const meant = this.#silences.get(taskId) ?? "nothing";
    return isSilence(decision) && decision !== `timeout_${meant}`
      ? `silence was to mean ${meant} for ${taskId}, which was decided ${decision}`
      : undefined;
  }

  #decided({ taskId, decision }: Pick<KeptQuestion, "taskId" | "decision">): string | undefined {
    const first = this.#decisions.get(taskId) ?? decision;
    this.#decisions.set(taskId, first);
    return first === decision ? undefined : `${taskId} was decided ${first}, and hears ${decision}`;
  }
}
