// The task workers that a topology names by module: their classes, loaded before anything is started.
import { pathToFileURL } from "node:url";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { foreignModule } from "#runtime/host/foreign-module.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import { inThreadFrom, type ThreadOptions } from "#runtime/threads/in-thread.ts";
import { actorsOf, type NodePlan } from "../topology/topology-plan.ts";

/** By absolute path of the module. */
export type WorkerClasses = ReadonlyMap<string, ActorClass>;

/** Fails with `topology_invalid` for a module that cannot be loaded, or whose default export is no task worker. */
export async function loadWorkerModules({ supervision }: NodePlan): Promise<WorkerClasses> {
  const modules = new Set(actorsOf(supervision).flatMap(({ module }) => module ?? []));
  const loaded = await Promise.all(
    [...modules].map(async (module) => [module, await classIn(module)] as const),
  );
  return new Map(loaded);
}

/** The class as it is started in a thread of its own. */
export const workerInThread = (
  module: string,
  type: ActorClass,
  thread: ThreadOptions,
): ActorClass =>
  inThreadFrom({ module: pathToFileURL(module).href, exportName: "default" }, type, thread);

/** Names that begin with `#` are of the package that the importing file lies in. */
const outside =
  "it lies outside of this package: move it into it, or import by path as docs/workers.md says";

async function classIn(module: string): Promise<ActorClass> {
  const { default: type } = await foreignModule(pathToFileURL(module).href).catch((cause) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = /(Package import specifier|Cannot find module) ["']?#/.test(why)
      ? outside
      : "mend it";
    throw new Failure("topology_invalid", `${module} cannot be loaded: ${why}; ${remedy}`, cause);
  });
  if (isTaskWorker(type)) return type;
  const seen = type === undefined ? "nothing" : typeof type;
  const detail = `${module} exports ${seen} by default: export default a class that extends TaskWorker`;
  throw new Failure("topology_invalid", detail);
}

const isTaskWorker = (type: unknown): type is ActorClass =>
  typeof type === "function" && type.prototype instanceof TaskWorker;
