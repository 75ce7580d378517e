// What one life of a node of the models scenario knows beside its actors.
import { serviceKey } from "#runtime/core/services.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { recordFact } from "./model-facts.ts";
import { ModelFolders, type VersionKind } from "./model-folders.ts";
import { modelNames, steadyModels, versionsMax, type WorldTerms } from "./model-rules.ts";

const alias = "stable";

export class ModelSite {
  readonly host: SimulatedHost;
  readonly terms: WorldTerms;
  readonly folders: ModelFolders;
  /** Engines fare badly until then. */
  readonly troubleUntilMs: number;
  /** Of processes that live: bytes that each may have, by number. */
  readonly engines = new Map<number, number>();
  figures: () => FigureSource = () => ({ bounds: [], figures: [] });
  readonly #latest = new Map<string, number>();
  #engines = 0;

  constructor(host: SimulatedHost, terms: WorldTerms, troubleUntilMs: number) {
    this.host = host;
    this.terms = terms;
    this.troubleUntilMs = troubleUntilMs;
    this.folders = new ModelFolders(terms.configs);
    for (const name of [...modelNames, ...steadyModels]) this.publish(name, "good");
    this.name(steadyModels[0], 1);
  }

  get isTroubled(): boolean {
    return this.host.now() < this.troubleUntilMs;
  }

  /** The next version, or new files for the last one. */
  publish(model: string, kind: VersionKind): void {
    const version = Math.min(versionsMax, (this.#latest.get(model) ?? 0) + 1);
    this.#latest.set(model, version);
    this.folders.publish(model, version, kind);
    recordFact(this.host, "published", { model, version });
  }

  removeNewest(model: string): void {
    const version = this.folders.versionsOf(model).at(-1);
    if (version === undefined) return;
    this.folders.remove(model, version);
    recordFact(this.host, "removed", { model, version });
  }

  /** The alias is that version's. */
  name(model: string, version: number): void {
    this.folders.alias(model, alias, version);
    recordFact(this.host, "named", { model, alias, version });
  }

  nextEngine(): number {
    this.#engines += 1;
    return this.host.node.incarnation * 10_000 + this.#engines;
  }
}

export const siteKey = serviceKey("simulation.model-site", (value) =>
  value instanceof ModelSite ? value : undefined,
);
