// What is asked and ordered, and what goes wrong, in a run of the models scenario.
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { PlanSource, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import type { RequestMark } from "./model-facts.ts";
import { engineTerms, steadyModels, wildModel } from "./model-rules.ts";

export const untilMs = 5_000;

export const modelsSource: PlanSource = {
  nodes: { min: 1, max: 2 },
  until: untilMs,
  settle: "60s",
  network: "zeromq",
  faults: swarm({
    kinds: ["crash", "leave", "pause", "clock", "cut"],
    everyMs: { min: 500, max: 4_000 },
    forMs: { min: 20, max: 1_500 },
  }),
  workload: { plan: planSteps },
};

/** Each ends a process twice; of more than twenty in a minute a version is given up. */
const marksMax = 4;
const marks: readonly RequestMark[] = ["crash", "crash", "garble", "hang", "slow", "refuse"];
const requests = { min: 20, max: 60 };
/** As many come with the one before, to the same model: they run together where it allows that. */
const crowdRate = 0.5;
/** More than may wait for one model. */
const burst = { rate: 0.06, requests: 330 };

function planSteps({ chance, nodes }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const count = chance.count(requests);
  let marked = 0;
  let last:
    | (Pick<Step, "atMs" | "node"> & { readonly model: string | number | undefined })
    | undefined;
  for (let request = 1; request <= count; request += 1) {
    const isMarked = marked < marksMax && chance.happens(0.12);
    if (isMarked) marked += 1;
    const mark = isMarked ? (chance.pick(marks) ?? "") : "";
    const terms = drawRequest(chance, request, mark);
    const alone = { atMs: momentIn(chance), node: chance.pick(nodes) ?? "a", model: terms.model };
    const { atMs, node, model } = chance.happens(crowdRate) ? (last ?? alone) : alone;
    last = { atMs, node, model };
    steps.push({ atMs, node, act: "request", terms: { ...terms, model: model ?? "" } });
  }
  if (chance.happens(burst.rate)) steps.push(...planBurst(chance, count));
  const others = chance.count({ min: 2, max: 14 });
  for (let index = 0; index < others; index += 1) {
    steps.push({
      atMs: momentIn(chance),
      node: chance.pick(nodes) ?? "a",
      ...drawOther(chance, nodes),
    });
  }
  return steps;
}

function planBurst(chance: Chance, before: number): readonly Step[] {
  const atMs = momentIn(chance);
  return Array.from({ length: burst.requests }, (_, index) => {
    const terms = { ...drawRequest(chance, before + 1 + index, ""), model: "idler", runMs: 5 };
    return { atMs, node: "a", act: "request", terms };
  });
}

const momentIn = (chance: Chance): number =>
  Math.round(chance.within({ min: 100, max: untilMs }) * 10) / 10;

const selectors = [
  ...["eraser", "eraser", "eraser@1", "eraser@2", "eraser@stable", "idler", "idler"],
  ...[wildModel, wildModel, `${wildModel}@1`, "nothing"],
];

function drawRequest(
  chance: Chance,
  request: number,
  mark: RequestMark,
): NonNullable<Step["terms"]> {
  const { runTimeoutMs } = engineTerms;
  const isSlow = mark === "slow";
  const slowMs = chance.count({ min: runTimeoutMs + 100, max: runTimeoutMs + 1_000 });
  const quickMs = Math.round(chance.lengthWithin({ min: 2, max: 300 }));
  const none = -1;
  return {
    ...{ request, mark, model: chance.pick(selectors) ?? "eraser" },
    runMs: isSlow ? slowMs : quickMs,
    shape: chance.count({ min: 1, max: 2 }),
    priority: chance.count({ min: 0, max: 9 }),
    deadlineMs: chance.happens(0.2) ? chance.count({ min: 5, max: 1_500 }) : none,
    cancelAfterMs: chance.happens(0.2) ? chance.count({ min: 0, max: 800 }) : none,
  };
}

const acts = [
  ...["publish", "publish", "remove", "alias", "unreadable"],
  ...["load", "unload", "reload", "reload", "reload"],
];

/** What is steady is never taken away. */
function drawOther(chance: Chance, nodes: readonly string[]): Omit<Step, "atMs" | "node"> {
  const act = chance.pick(acts) ?? "reload";
  const isForWild = act === "remove" || act === "unload" || chance.happens(0.5);
  const steady = act === "alias" ? steadyModels[0] : chance.pick(steadyModels);
  const model = isForWild && act !== "alias" ? wildModel : (steady ?? steadyModels[0]);
  const kind = chance.pick(["good", "unfit", "away"]) ?? "good";
  const of = chance.pick(nodes) ?? "a";
  return { act, terms: { model, kind: isForWild ? kind : "good", of } };
}
