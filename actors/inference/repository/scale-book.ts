// How many engines the versions of a worker have, as metrics show it: asked of each whenever somebody looks.
import type { EngineScale } from "#protocols/tasks/model-repository.ts";
import type { Figure, FigureSource } from "#runtime/observation/shown-figures.ts";
import { requestsWaitingMax } from "./engine-pool.ts";

export interface ScaledVersion {
  readonly name: string;
  readonly version: number;
  scale(): EngineScale;
  /** How often nothing more could wait for its engines. */
  refusals(): number;
}

const phases = ["starting", "ready", "leaving"] as const;

export class ScaleBook {
  readonly #versions = new Set<ScaledVersion>();
  /** Of versions that have left. */
  #formerRefusals = 0;

  enter(version: ScaledVersion): void {
    this.#versions.add(version);
  }

  leave(version: ScaledVersion): void {
    if (this.#versions.delete(version)) this.#formerRefusals += version.refusals();
  }

  get bounds(): FigureSource["bounds"] {
    const all = [...this.#versions];
    const highest = Math.max(0, ...all.map(({ scale }) => scale().waiting));
    const reached = all.reduce((sum, one) => sum + one.refusals(), this.#formerRefusals);
    return [{ bound: "engineRequestsWaitingMax", max: requestsWaitingMax, highest, reached }];
  }

  get figures(): readonly Figure[] {
    const all = [...this.#versions].map(({ name, version, scale }) => ({
      labels: { model: name, version: String(version) },
      scale: scale(),
    }));
    const gauge = (name: string, help: string, value: (scale: EngineScale) => number): Figure => ({
      ...{ name, type: "gauge", help },
      samples: all.map(({ labels, scale }) => ({ labels, value: value(scale) })),
    });
    const engines: Figure = {
      ...{ name: "troupe_engines", type: "gauge", help: "Engines of a model's version." },
      samples: all.flatMap(({ labels, scale }) =>
        phases.map((phase) => ({ labels: { ...labels, phase }, value: scale[phase] })),
      ),
    };
    const changes: Figure = {
      name: "troupe_engine_changes_total",
      type: "counter",
      help: "How often a version was given an engine more, or one less.",
      samples: all.flatMap(({ labels, scale: { ups, downs } }) => [
        { labels: { ...labels, kind: "up" }, value: ups },
        { labels: { ...labels, kind: "down" }, value: downs },
      ]),
    };
    const waiting = "Requests that wait for an engine of the version.";
    return [
      engines,
      gauge("troupe_engines_wanted", "Engines that its load asks for.", ({ wanted }) => wanted),
      gauge("troupe_engine_requests_waiting", waiting, (scale) => scale.waiting),
      changes,
    ];
  }
}
