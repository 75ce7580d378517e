// Actors that routes ask by their names in the cluster, looked up when they are needed: nothing has to be
// noticed when one of them has ended and another has taken its place.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { ErrorHandler, errorHandlerName } from "#protocols/tasks/errors.ts";
import { ModelRepository, modelRepositoryName } from "#protocols/tasks/model-repository.ts";
import { type GroupView, NodeScaling, nodeScalerName } from "#protocols/tasks/node-scaling.ts";
import type { Context } from "#runtime/core/context.ts";

const lookUpMsMax = 2_000;
const withinMs = 5_000;

export class NamedActors {
  readonly #ctx: Pick<Context<unknown>, "lookup">;

  constructor(ctx: Pick<Context<unknown>, "lookup">) {
    this.#ctx = ctx;
  }

  confirmations(): Promise<Ref<Confirmations>> {
    return this.#found(Confirmations, confirmationsName);
  }

  store(): Promise<Ref<Store>> {
    return this.#found(Store, "store");
  }

  errorHandler(): Promise<Ref<ErrorHandler>> {
    return this.#found(ErrorHandler, errorHandlerName);
  }

  modelRepository(node: string): Promise<Ref<ModelRepository>> {
    return this.#found(ModelRepository, modelRepositoryName(node));
  }

  async scaledGroups(): Promise<readonly GroupView[]> {
    return (await this.#found(NodeScaling, nodeScalerName)).groups();
  }

  async #found<P>(protocol: Protocol<P>, name: string): Promise<Ref<P>> {
    try {
      const ref = await this.#ctx.lookup(protocol, name, { within: lookUpMsMax });
      return ref.$.with({ within: withinMs });
    } catch (cause) {
      const text = `The cluster's actor ${name} is not there just now; come again in a moment.`;
      throw new Failure("unavailable", text, cause);
    }
  }
}
