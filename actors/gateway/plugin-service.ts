// The plugins of the cluster: which are offered, by the models that its workers have ready.
import {
  modelFor,
  type Plugin,
  type PluginModel,
  pluginOf,
  pluginsRunBy,
} from "#protocols/tasks/plugins.ts";

const remedy = "GET /api/models tells which there are, and why";
/** Who asks within this time is told the same. */
const modelsFreshMs = 1_000;

export interface PluginPorts {
  /** Of all workers. */
  readonly models: () => Promise<readonly PluginModel[]>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

export interface PluginOffer {
  readonly plugin: Plugin;
  /** That runs it. */
  readonly model: string;
}

export class PluginService {
  readonly #ports: PluginPorts;
  #models: { readonly at: number; readonly answer: Promise<readonly PluginModel[]> } | undefined;

  constructor(ports: PluginPorts) {
    this.#ports = ports;
  }

  /** Names of those that a model is ready for, in the order of the original; none while nobody says. */
  async names(): Promise<readonly string[]> {
    try {
      return pluginsRunBy(await this.#told());
    } catch {
      return [];
    }
  }

  /**
   * By the first model by name, unless one is wanted. Fails with `not_found` for what is no plugin, or one
   * that no model is ready for; `invalid` for a model that does not run it; `unavailable` while nobody says.
   */
  async offer(name: string, wanted: string | undefined): Promise<PluginOffer> {
    const plugin = pluginOf(name);
    return { plugin, model: modelFor(plugin, await this.#told(), { wanted, remedy }) };
  }

  #told(): Promise<readonly PluginModel[]> {
    const now = this.#ports.now();
    if (this.#models === undefined || now - this.#models.at >= modelsFreshMs) {
      this.#models = { at: now, answer: this.#ports.models() };
    }
    return this.#models.answer;
  }
}
