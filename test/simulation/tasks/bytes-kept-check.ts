// No byte differs between the client that hands a file in and the worker that is handed it, nor between the
// worker that makes one and whoever is told of the result. A step of a task is handed the files of its
// task, or what a step before it has made; and a task of steps ends with what its last step has made.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { handedOn } from "./order-files.ts";
import { type HandedFiles, type Kept, readFact, type TaskFacts } from "./task-facts.ts";

export const bytesKept: Check = () => {
  const known = new KnownFiles();
  return {
    name: "bytes kept",
    saw(event) {
      if (event.kind !== "fact") return;
      const problem = known.saw(event.name, event.about);
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
  };
};

type Files = readonly string[];

class KnownFiles {
  /** By task, as its client knows it. */
  readonly #submitted = new Map<string, Files>();
  /** By task, as its first worker was handed them. */
  readonly #handed = new Map<string, Files>();
  /** By fence, which no two attempts share. */
  readonly #made = new Map<number, Files>();
  /** By completed task. */
  readonly #committed = new Map<string, number>();
  readonly #parents = new Map<string, string>();
  readonly #children = new Map<string, Set<string>>();

  saw(name: string, about: string): string | undefined {
    switch (name) {
      case "kept":
        return this.#kept(readFact("kept", about));
      case "acknowledged":
        return this.#acknowledged(readFact("acknowledged", about));
      case "handed":
        return this.#wasHanded(readFact("handed", about));
      case "made": {
        const { fence, files } = readFact("made", about);
        this.#made.set(fence, files);
        return undefined;
      }
      case "outcome":
        return this.#outcome(readFact("outcome", about));
      default:
        return undefined;
    }
  }

  #kept({ tasks }: Kept): undefined {
    for (const { fence, parentId, status, taskId } of tasks) {
      if (status === "completed") this.#committed.set(taskId, fence);
      if (parentId === null) continue;
      this.#parents.set(taskId, parentId);
      const children = this.#children.get(parentId) ?? new Set();
      this.#children.set(parentId, children.add(taskId));
    }
  }

  /** Workers may have been quicker than the receipt. */
  #acknowledged({ taskId, files }: TaskFacts["acknowledged"]): string | undefined {
    this.#submitted.set(taskId, files);
    const own = [taskId, ...(this.#children.get(taskId) ?? [])];
    return own.map((each) => this.#judged(each)).find((problem) => problem !== undefined);
  }

  #wasHanded({ taskId, fence, files }: HandedFiles): string | undefined {
    const former = this.#handed.get(taskId) ?? files;
    this.#handed.set(taskId, files);
    return isSame(former, files)
      ? this.#judged(taskId)
      : `${taskId} is handed out by ${fence} with [${files}], and was with [${former}]`;
  }

  #judged(taskId: string): string | undefined {
    const parentId = this.#parents.get(taskId);
    const submitted = this.#submitted.get(parentId ?? taskId);
    const handed = this.#handed.get(taskId);
    if (submitted === undefined || handed === undefined || isSame(submitted, handed)) {
      return undefined;
    }
    const isOfStep =
      parentId !== undefined &&
      this.#madeByChildren(parentId).some((made) => isSame(made.filter(isHandedOn), handed));
    return isOfStep
      ? undefined
      : `${taskId} is handed out with [${handed}], and was handed in with [${submitted}]`;
  }

  #outcome({ taskId, status, files }: TaskFacts["outcome"]): string | undefined {
    if (status !== "completed") return undefined;
    const fence = this.#committed.get(taskId);
    const own = fence === undefined ? undefined : this.#made.get(fence);
    const known = own === undefined ? this.#madeByChildren(taskId) : [own];
    return known.some((made) => isSame(made, files))
      ? undefined
      : `${taskId} is said to have made [${files}], and ${fence} made [${known.join("] or [")}]`;
  }

  #madeByChildren(parentId: string): readonly Files[] {
    return [...(this.#children.get(parentId) ?? [])].flatMap((child) => {
      const fence = this.#committed.get(child);
      const made = fence === undefined ? undefined : this.#made.get(fence);
      return made === undefined ? [] : [made];
    });
  }
}

const isSame = (files: Files, others: Files): boolean => files.join() === others.join();

const isHandedOn = (file: string): boolean => file.startsWith(`${handedOn} `);
