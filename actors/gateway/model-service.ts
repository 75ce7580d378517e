// The models of all worker nodes, as their repositories tell them; and orders to those repositories.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import type {
  ModelIndexEntry,
  ModelRepository,
  VersionStatistics,
} from "#protocols/tasks/model-repository.ts";

export const modelActs = ["load", "unload", "reload"] as const;
export type ModelAct = (typeof modelActs)[number];

export const isModelAct = (word: string | undefined): word is ModelAct =>
  modelActs.some((act) => act === word);

/** Of one node; `failure` says why there is no answer. */
export type Told<T> =
  | { readonly node: string; readonly value: T }
  | { readonly node: string; readonly failure: FailureData };

export type NodeModel = ModelIndexEntry & { readonly node: string };

/** What is asked of the rest of the gateway. */
interface Partners {
  nodes(): Promise<readonly WorkerView[]>;
  modelRepository(node: string): Promise<Ref<ModelRepository>>;
}
interface WorkerView {
  readonly name: string;
  readonly status: string;
  readonly capabilities: Pick<NodeCapabilities, "models" | "slots" | "worker">;
}

/** A model may have to be loaded (60 s) and the one before it to be drained (150 s). */
const orderWithinMs = 220_000;
/** Nodes without slots run no models. */
const isWorker = ({ capabilities, status }: WorkerView): boolean =>
  status !== "offline" && capabilities.slots > 0;
/** Its models are what its class serves: there is nothing to be loaded. */
const isOwn = ({ capabilities }: WorkerView): boolean => capabilities.worker === "task-worker";

/** A node whose worker is of one's own, and the models that it serves. */
export interface OwnWorker {
  readonly node: string;
  readonly models: readonly string[];
}

export class ModelService {
  readonly #partners: Partners;

  constructor(partners: Partners) {
    this.#partners = partners;
  }

  /** By model, version and node; beside them workers without a repository, and nodes that did not say. */
  async index(): Promise<{
    readonly models: readonly NodeModel[];
    readonly own: readonly OwnWorker[];
    readonly silent: readonly { readonly node: string; readonly failure: FailureData }[];
  }> {
    const workers = (await this.#partners.nodes()).filter(isWorker);
    const own = workers
      .filter(isOwn)
      .map(({ name: node, capabilities: { models } }) => ({ node, models }));
    const others = workers.filter((worker) => !isOwn(worker));
    if (workers.length === 0) throw noWorker();
    const told = await askEach(others, async (node) => {
      const repository = await this.#partners.modelRepository(node);
      return repository.index();
    });
    const models = told.flatMap((one) =>
      "value" in one ? one.value.map((entry) => ({ ...entry, node: one.node })) : [],
    );
    const silent = told.flatMap((one) => ("failure" in one ? [one] : []));
    return { models: models.sort(byModel), own, silent };
  }

  /** Of each node that has the model. */
  statistics(name: string): Promise<readonly Told<readonly VersionStatistics[]>[]> {
    return this.#askAll(async (node) => {
      const repository = await this.#partners.modelRepository(node);
      return repository.statistics({ name });
    });
  }

  /** Of all workers, or of one; each says for itself how it ended. */
  order(
    act: ModelAct,
    { model, node }: { readonly model: string; readonly node?: string },
  ): Promise<readonly Told<"ok">[]> {
    return this.#askAll(async (one) => {
      const repository = await this.#partners.modelRepository(one);
      return repository.$.with({ within: orderWithinMs })[act](model);
    }, node);
  }

  async #askAll<T>(
    question: (node: string) => Promise<T>,
    only?: string,
  ): Promise<readonly Told<T>[]> {
    const views = (await this.#partners.nodes()).filter(isWorker);
    const meant = views.filter(({ name }) => only === undefined || name === only);
    if (meant.length === 0) throw noWorker(only);
    const asked = meant.filter((worker) => !isOwn(worker));
    if (asked.length > 0) return askEach(asked, question);
    const detail = `${meant[0]?.name} has a worker of its own, which has no models to be loaded or told of`;
    throw new Failure("invalid", detail);
  }
}

const askEach = <T>(
  workers: readonly WorkerView[],
  question: (node: string) => Promise<T>,
): Promise<readonly Told<T>[]> =>
  Promise.all(
    workers.map(async ({ name: node }): Promise<Told<T>> => {
      try {
        return { node, value: await question(node) };
      } catch (cause) {
        return { node, failure: Failure.of(cause).toData() };
      }
    }),
  );

function noWorker(only?: string): Failure {
  const who = only === undefined ? "no worker node" : `no worker node ${only}`;
  const detail = `There is ${who} in the cluster. GET /api/nodes lists the nodes.`;
  return new Failure("not_found", detail);
}

function byModel(a: NodeModel, b: NodeModel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.version !== b.version) return (a.version ?? 0) - (b.version ?? 0);
  return a.node < b.node ? -1 : 1;
}
