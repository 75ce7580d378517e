// A cluster of ours: a control node, workers, and this process as one more node, which submits.
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { startSystem } from "#runtime/index.ts";
import { ClusterProcess } from "../../test/processes/cluster-process.ts";
import { jobOf } from "../stores/job.ts";
import type { Crew, CrewTerms, Scope } from "./crew.ts";
import { noOpModel } from "./no-op-worker.ts";

export interface TroupeTerms extends CrewTerms {
  /** In YAML. Default: a SQLite file of its own. */
  readonly store?: string;
}

export interface TroupeCrew extends Crew {
  /** As `run`, ahead of all that waits. */
  runUrgent(number: number): Promise<number>;
  readonly queue: Awaited<ReturnType<typeof join>>;
}

const module = fileURLToPath(new URL("./no-op-worker.ts", import.meta.url));
const joinMsMax = 20_000;

export async function startTroupe(scope: Scope, terms: TroupeTerms): Promise<TroupeCrew> {
  let director = "";
  await ClusterProcess.start(scope, {
    workers: terms.workers,
    topology: ({ control }) => {
      director = `tcp://127.0.0.1:${control}`;
      return topologyOf(terms, director);
    },
  });
  const queue = await join(scope, director);
  const run = async (number: number, terms: { readonly priority?: number }): Promise<number> => {
    const { taskId } = await queue.submit({ ...submissionOf(number), ...terms });
    const outcome = await queue.outcome(taskId);
    if (outcome.status === "completed") return Number(outcome.result.figures["answer"]);
    throw new Failure("invalid", `task ${number} ended ${outcome.status}: ${outcome.detail}`);
  };
  return {
    queue,
    run: (number) => run(number, {}),
    runUrgent: (number) => run(number, { priority: 0 }),
  };
}

export const submissionOf = (number: number) => ({
  ...{ type: noOpModel, model: noOpModel, inputs: [] },
  parameters: { ...jobOf(number) },
});

async function join(scope: Scope, director: string) {
  const { system } = await startSystem({
    ...{ node: { name: "client", incarnation: Date.now() }, bind: "tcp://127.0.0.1:*" },
    ...{ director: "control", peers: new Map([["control", director]]) },
    ...{ protocols: [Queue, Worker], log: { write: () => {} } },
  });
  scope.after(() => system.shutdown().then(() => undefined));
  return system.lookup(Queue, "queue", joinMsMax);
}

const topologyOf = ({ workers, slots, store }: TroupeTerms, director: string): string => `
cluster: bench
store: ${store ?? "{ kind: sqlite, path: tasks.sqlite }"}
models: [ { name: ${noOpModel}, path: . } ]
observation: { watch: false }
nodes:
  - { name: control, bind: "${director}", director: true, roles: [control] }
  - name: worker
    replicas: ${workers}
    bind: tcp://127.0.0.1:*
    settings: { slots: ${slots} }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${module} } ] }
`;
