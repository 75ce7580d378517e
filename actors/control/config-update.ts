// UPDATE_CONFIG: a document becomes the active version of its layer, and the cluster goes by it, or neither.
//
//   looked at ─► draft ─► active (unless another is by now) ─► applied
//                                                    └─ fails ─► a copy of the former version is active
//
// Updates of one layer take turns, so that what is active last is what was applied last. A channel that ends
// between the last two steps leaves it to the next one to apply what is active.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { ConfigActivated } from "#protocols/tasks/config-records.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import { type Config, type ConfigRequest, configIn } from "./config-document.ts";
import type { ControlPeers } from "./control-peers.ts";
import { Turns } from "./turns.ts";

export interface ConfigTerms extends ConfigRequest {
  readonly by: string;
  /** Milliseconds until the command's deadline. */
  leftMs(): number;
}

export interface ConfigUpdate extends ConfigTerms {
  /** It is about to take effect; fails when it is not to any more. */
  begins(): Promise<void>;
}

interface Activated {
  readonly version: number;
  readonly superseded: number | null;
}

/** What a layer is told, and how it is told what it was before. */
interface Application {
  apply(): Promise<unknown>;
  restore(): Promise<unknown>;
}

const nothingSaid = "{}";
/** Going back gets so long at least, however late it is. */
const rollbackMsMin = 3_000;

export class ConfigUpdates {
  readonly #peers: ControlPeers;
  readonly #turns = new Turns();

  constructor(peers: ControlPeers) {
    this.#peers = peers;
  }

  /**
   * Fails with `invalid` for a document that says nothing sensible, with `conflict` for one that is late, and
   * as the layer does when it does not take it; then nothing has changed.
   */
  update(update: ConfigUpdate): Promise<ControlResponse> {
    const config = configIn(update);
    return this.#turns.take(config.layer, () => this.#inTurn(config, update));
  }

  /** What is active of the layer is applied once more: an update of it was left half done. */
  applyAgain(update: ConfigTerms): Promise<void> {
    const { layer, scope } = configIn(update);
    return this.#turns.take(layer, async () => {
      const store = await this.#store(inTime(update));
      const active = await store.activeConfig({ layer, scope });
      // No model: put there in the place of one that could not be applied. To a queue it says its defaults.
      if (active === null || (layer === "gateway" && active.document === nothingSaid)) return;
      const parameters = { layer, document: active.document, ...(layer === "queue" && { scope }) };
      const config = configIn({ parameters, models: update.models });
      await (await this.#look(config, inTime(update))).apply();
    });
  }

  async #inTurn(config: Config, update: ConfigUpdate): Promise<ControlResponse> {
    const store = await this.#store(inTime(update));
    const application = await this.#look(config, inTime(update));
    const activated = await activate(store, config, update);
    try {
      await application.apply();
    } catch (cause) {
      throw await this.#rolledBack({ config, activated, application, by: update.by }, cause);
    }
    const { layer, scope } = config;
    return { layer, scope, ...activated };
  }

  async #store(withinMs: number): Promise<Ref<Store>> {
    return (await this.#peers.store(withinMs)).$.with({ within: withinMs });
  }

  /** Fails when whoever is to go by it is not there, or could not. */
  async #look(config: Config, within: number): Promise<Application> {
    switch (config.layer) {
      case "gateway": {
        const gateway = this.#peers.gateway().$.with({ within });
        const { model } = await gateway.model();
        return {
          apply: () => gateway.useModel(config.document.model),
          restore: () => this.#peers.gateway().useModel(model),
        };
      }
      case "queue":
        return this.#lookAtQueue(config, within);
      default:
        return config satisfies never;
    }
  }

  /** The queue manager reads itself what is active, so that going back is the same as going on. */
  async #lookAtQueue(
    { document, scope: queue }: Extract<Config, { layer: "queue" }>,
    within: number,
  ): Promise<Application> {
    const manager = (await this.#peers.queue(within)).$.with({ within });
    await manager.checkConfig({ queue, config: document });
    return {
      apply: () => manager.reconfigure(queue),
      restore: async () => (await this.#peers.queue(rollbackMsMin)).reconfigure(queue),
    };
  }

  /** The failure to answer with: what went wrong, and what is active now. */
  async #rolledBack({ config, activated, application, by }: Attempted, cause: unknown) {
    const { code, detail } = Failure.of(cause);
    const { version, superseded } = activated;
    const comment = `version ${version} could not be applied: ${code}: ${detail}`.slice(0, 1_024);
    try {
      const store = await this.#store(rollbackMsMin);
      const terms = { expected: version, author: by, comment };
      const back =
        superseded === null
          ? await emptied(store, config, terms)
          : await store.rollbackConfig({ to: superseded, ...terms });
      // Whether it took it may not be known; so it is told what it was.
      const restored = await application.restore().then(
        () => "",
        (failure: unknown) => `, which could not be told it (${Failure.of(failure).detail})`,
      );
      const active = back.kind === "activated" ? `version ${back.version}` : "another version";
      return new Failure(
        code,
        `${detail}; ${active} of ${config.layer} is active now${restored}`,
        cause,
      );
    } catch (failure) {
      const text = `${detail}; version ${version} is active all the same, as going back failed (${Failure.of(failure).detail}): update it once more`;
      return new Failure(code, text, cause);
    }
  }
}

interface Attempted {
  readonly config: Config;
  readonly activated: Activated;
  readonly application: Application;
  readonly by: string;
}

function inTime({ leftMs }: ConfigTerms): number {
  const left = leftMs();
  if (left > 0) return left;
  throw new Failure("timeout", "its time was over before its turn came; nothing has changed");
}

/** Without `expected` whatever is active gives way, but nothing that came while it was looked at. */
async function activate(
  store: Ref<Store>,
  config: Config,
  { parameters, by, begins }: ConfigUpdate,
): Promise<Activated> {
  const { layer, scope, document } = config;
  const { expected, comment } = parameters;
  const believed =
    typeof expected === "number"
      ? expected || null
      : ((await store.activeConfig({ layer, scope }))?.version ?? null);
  await begins();
  const { version } = await store.draftConfig({
    layer,
    scope,
    document: JSON.stringify(document),
    author: by,
    ...(typeof comment === "string" ? { comment } : {}),
  });
  const activated = await store.activateConfig({ version, expected: believed });
  if (activated.kind === "activated") return { version, superseded: activated.superseded };
  await store.rejectConfig({ version });
  throw lateFor(config, activated);
}

interface BackTerms {
  readonly expected: number;
  readonly author: string;
  readonly comment: string;
}

/** No version was active before: one that says nothing is the nearest to it. */
async function emptied(store: Ref<Store>, { layer, scope }: Config, terms: BackTerms) {
  const { expected, ...said } = terms;
  const { version } = await store.draftConfig({ layer, scope, document: nothingSaid, ...said });
  return store.activateConfig({ version, expected });
}

function lateFor({ layer, scope }: Config, activated: ConfigActivated): Failure {
  const active = activated.kind === "conflict" ? (activated.active ?? 0) : 0;
  const text = `version ${active} of ${layer} (${scope}) is active, which is not what was expected; look at it with GET_CONFIG, then expect it`;
  return new Failure("conflict", text);
}
