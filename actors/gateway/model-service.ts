// The models of all worker nodes, as their repositories tell them; and orders to those repositories.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
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
  readonly capabilities: { readonly slots: number };
}

/** A model may have to be loaded (60 s) and the one before it to be drained (150 s). */
const orderWithinMs = 220_000;
/** Nodes without slots run no models. */
const hasSlots = ({ capabilities }: WorkerView): boolean => capabilities.slots > 0;

export class ModelService {
  readonly #partners: Partners;

  constructor(partners: Partners) {
    this.#partners = partners;
  }

  /** By model, version and node; beside them the nodes that did not say. */
  async index(): Promise<{
    readonly models: readonly NodeModel[];
    readonly silent: readonly { readonly node: string; readonly failure: FailureData }[];
  }> {
    const told = await this.#askAll(async (node) => {
      const repository = await this.#partners.modelRepository(node);
      return repository.index();
    });
    const models = told.flatMap((one) =>
      "value" in one ? one.value.map((entry) => ({ ...entry, node: one.node })) : [],
    );
    const silent = told.flatMap((one) => ("failure" in one ? [one] : []));
    return { models: models.sort(byModel), silent };
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
    const views = await this.#partners.nodes();
    const workers = views.filter((view) => view.status !== "offline" && hasSlots(view));
    const names = workers
      .map(({ name }) => name)
      .filter((name) => only === undefined || name === only);
    if (names.length === 0) {
      const who = only === undefined ? "no worker node" : `no worker node ${only}`;
      throw new Failure(
        "not_found",
        `There is ${who} in the cluster. GET /api/nodes lists the nodes.`,
      );
    }
    return Promise.all(
      names.map(async (node): Promise<Told<T>> => {
        try {
          return { node, value: await question(node) };
        } catch (cause) {
          return { node, failure: Failure.of(cause).toData() };
        }
      }),
    );
  }
}

function byModel(a: NodeModel, b: NodeModel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.version !== b.version) return (a.version ?? 0) - (b.version ?? 0);
  return a.node < b.node ? -1 : 1;
}
