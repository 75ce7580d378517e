// Models of workers: the real worker, repository, versions, pools and owners of engines, down to the frames
// in the pipe. Simulated are the processes of engines, which load slowly, crash, hang and say rubbish, and the
// folders, in which versions come and go; nodes crash, leave, stand still and are cut off meanwhile.
import { type EngineActor, engineActorOn } from "#actors/inference/engine-actor.ts";
import { InferenceActor } from "#actors/inference/inference-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { ModelRepository } from "#protocols/tasks/model-repository.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import { runPlan } from "#runtime/testkit/simulation/simulate.ts";
import { planOf, type Simulation } from "#runtime/testkit/simulation/simulation.ts";
import type { Scenario } from "../scenario.ts";
import { answeredTruly } from "./answered-truly-check.ts";
import {
  Asker,
  AskerActor,
  type FolderChange,
  type ModelOrder,
  type ModelRequest,
} from "./asker-actor.ts";
import { begunInTime } from "./begun-in-time-check.ts";
import { enginesWithin } from "./engines-within-check.ts";
import { innocentsAnswered } from "./innocents-answered-check.ts";
import { engineTerms, modelNames, pollMs, type WorldTerms, worldOf } from "./model-rules.ts";
import { ModelSite, siteKey } from "./model-site.ts";
import { modelsAtRest } from "./models-at-rest.ts";
import { modelsSource, untilMs } from "./models-plan.ts";
import { machineOf } from "./simulated-engine.ts";

export const models: Scenario = {
  name: "models",
  sometimes: [
    ...["serves", "asked", "withdrawn", "replied", "joined", "began", "over", "named", "removed"],
    ...["engine left", "engine was lost", "engine was lost while it loaded", "engine killed"],
    ...["engine crashed", "garbled", "stubborn engine", "restarted", "step left out"],
    ...["answer done", "answer cancelled", "answer timeout", "answer unavailable"],
    ...["answer model_failed", "answer bad_image", "answer queue_full"],
    ...["reload done", "load done", "load invalid", "unload done", "reload model_failed"],
    ...["crash", "leave", "pause", "node-resumed", "clock", "cut"],
  ],
  planOf: (seed) => planOf(modelsSource, seed),
  runPlan: (plan) => runPlan(simulationOf(worldOf(plan.seed)), plan),
  small: undefined,
};

function simulationOf(terms: WorldTerms): Simulation {
  /** By node, of the life that it is in. */
  const sites = new Map<string, ModelSite>();
  return {
    ...modelsSource,
    protocols: [ModelRepository, Asker],
    build: (host) => {
      const site = new ModelSite(host, terms, untilMs);
      sites.set(host.node.name, site);
      build(site);
    },
    workload: { plan: () => [], perform },
    verify: () => modelsAtRest([...sites.values()]),
    checks: [
      ...[answeredTruly, innocentsAnswered, begunInTime, enginesWithin(terms)],
      ...[accounting, deadLettersCounted],
    ],
  };
}

function build(site: ModelSite): void {
  const { host, terms } = site;
  const { system } = host;
  system.provide(siteKey, site);
  system.spawn(AskerActor, { name: "asker" });
  const { mode, memoryBytesMax } = terms;
  const engineClass: typeof EngineActor = engineActorOn(machineOf(() => site));
  const args = {
    ...{ slots: 4, models: [], engine: engineTerms },
    repository: { mode, root: null, load: modelNames, pollMs },
    ...(memoryBytesMax === null ? {} : { memoryBytesMax }),
    site: { look: () => site.folders.look(), engineClassFor: () => engineClass },
    show: (figures: ModelSite["figures"]) => {
      site.figures = figures;
    },
  };
  system.spawn(InferenceActor, args, { name: "inference" });
}

function perform({ act, terms = {} }: Step, { node, system }: SimulatedHost): void {
  const asker = system.refTo(Asker, { node: node.name, path: "/asker" });
  switch (act) {
    case "request":
      asker.request(requestOf(terms));
      return;
    case "load":
    case "unload":
    case "reload":
      asker.order(orderOf(act, terms));
      return;
    case "publish":
    case "remove":
    case "alias":
    case "unreadable":
      asker.change(changeOf(act, terms));
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

type Terms = NonNullable<Step["terms"]>;

const orNull = (value: string | number | undefined): number | null =>
  Number(value) < 0 ? null : Number(value);

const marks = ["refuse", "crash", "garble", "hang", "slow"] as const;

const requestOf = (terms: Terms): ModelRequest => ({
  request: Number(terms.request),
  model: String(terms.model),
  mark: marks.find((mark) => mark === terms.mark) ?? "",
  runMs: Number(terms.runMs),
  shape: Number(terms.shape),
  priority: Number(terms.priority),
  deadlineMs: orNull(terms.deadlineMs),
  cancelAfterMs: orNull(terms.cancelAfterMs),
});

const orderOf = (act: ModelOrder["act"], { model, of }: Terms): ModelOrder => ({
  ...{ act, model: String(model), node: String(of) },
});

const changeOf = (act: FolderChange["act"], { model, kind }: Terms): FolderChange => ({
  ...{ act, model: String(model) },
  kind: kind === "unfit" || kind === "away" ? kind : "good",
});
