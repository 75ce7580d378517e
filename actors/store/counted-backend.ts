// A back end that counts what it is asked and what it refuses, and shows that beside what the back end has of
// itself. Whoever looks gets what was measured last, and has it measured anew: nothing is done for it
// while nobody looks.
import { Failure } from "#protocols/failure.ts";
import type { RecordLevel } from "#protocols/tasks/cluster-records.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type {
  BackendFigures,
  StoreBackend,
  StoreCommand,
  StoreMethod,
  StoreValue,
} from "./backend.ts";
import { storeMetrics } from "./store-metrics.ts";

/** Milliseconds for which what was measured is shown again. */
const measuredMs = 1_000;

/** The bound that is meant when one of these is answered `full`. */
const boundOf: Partial<Readonly<Record<StoreMethod, string>>> = {
  registerNode: "nodesKnownMax",
  putSkill: "skillsMax",
  beginControl: "controlsOpenMax",
  putAlertRule: "alertRulesMax",
  raiseAlert: "alertsOpenMax",
  keepErrors: "errorGroupsMax",
  createKey: "keysMax",
  putModel: "modelsMax",
  putModelVersion: "modelVersionsMax",
};

/** What a worker writes under its lease; `lost` to one of these is a stale fence. */
const leasedWrites = [
  "progress",
  "complete",
  "fail",
  "release",
  "confirmRequest",
] as const satisfies readonly StoreMethod[];
type LeasedWrite = (typeof leasedWrites)[number];

export class CountedBackend implements StoreBackend {
  readonly #backend: StoreBackend;
  readonly #monotonicMs: () => number;
  #callsTotal = 0;
  /** By code; and by what was full: a bound, or one of the `fullLimits` of a queue. */
  readonly #failures = new Map<string, number>();
  readonly #full = new Map<string, number>();
  readonly #stale = new Map<LeasedWrite, number>(leasedWrites.map((write) => [write, 0]));
  #levels: readonly RecordLevel[] = [];
  #own: BackendFigures | undefined;
  #aheadMs = 0;
  #measuring: Promise<void> | undefined;
  #measuredAtMs = Number.NEGATIVE_INFINITY;

  constructor(backend: StoreBackend, monotonicMs: () => number) {
    this.#backend = backend;
    this.#monotonicMs = monotonicMs;
  }

  get info(): StoreInfo {
    return this.#backend.info;
  }

  get lost(): Promise<never> {
    return this.#backend.lost;
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    this.#callsTotal += 1;
    try {
      const value = await this.#backend.call(command);
      const limit = fullLimit(value);
      if (limit !== undefined) count(this.#full, nameOf(command.method, limit));
      const stale = staleWrite(command.method, value);
      if (stale !== undefined) count(this.#stale, stale);
      return value;
    } catch (cause) {
      count(this.#failures, Failure.of(cause).code);
      throw cause;
    }
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  /** As measured last; the first look has counts alone. */
  source(): FigureSource {
    this.#measure();
    return storeMetrics({
      callsTotal: this.#callsTotal,
      failures: this.#failures,
      full: this.#full,
      stale: this.#stale,
      levels: this.#levels,
      own: this.#own,
      aheadMs: this.#aheadMs,
    });
  }

  #measure(): void {
    const isFresh = this.#monotonicMs() - this.#measuredAtMs < measuredMs;
    if (isFresh || this.#measuring) return;
    this.#measuring = this.#read()
      // A store that is away is told of by its failures; what was measured before stands.
      .catch(() => {})
      .finally(() => {
        this.#measuring = undefined;
        this.#measuredAtMs = this.#monotonicMs();
      });
  }

  async #read(): Promise<void> {
    this.#own = await this.#backend.measured?.();
    const { timeSkewMs } = await this.#backend.call({ method: "info", args: [] });
    this.#aheadMs = timeSkewMs;
    this.#levels = await this.#backend.call({ method: "recordLevels", args: [] });
  }
}

const nameOf = (method: StoreMethod, limit: string | number): string =>
  typeof limit === "string" ? limit : (boundOf[method] ?? method);

/** Of an answer that says that there was no room. */
function fullLimit(value: unknown): string | number | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  if (value.kind !== "full" || !("limit" in value)) return undefined;
  const { limit } = value;
  return typeof limit === "string" || typeof limit === "number" ? limit : undefined;
}

/** Of an answer that says that the lease holds the task no more; whatever it was to change is as it was. */
function staleWrite(method: StoreMethod, value: unknown): LeasedWrite | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  return value.kind === "lost" ? leasedWrites.find((write) => write === method) : undefined;
}

/** Names are of closed sets: codes, bounds, and methods. */
const count = <Name extends string>(counts: Map<Name, number>, name: Name): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};
