// W14: the built-in model beside the classical methods of OpenCV, on one thread: how near each comes to the
// photograph over the pixels of the holes, and how long it takes. Twelve pictures, three of each sample
// photograph, with four kinds of masks each.
import type { Tensor } from "onnxruntime-node";
import {
  type ContestOutcome,
  compete,
  type Goal,
  type Round,
  type Scale,
  type Subject,
  type SuiteOutcome,
} from "../harness.ts";
import { writeContactSheet } from "./contact-sheet.ts";
import { diffuseInpainter, feedsOf } from "./diffuse-inpainter.ts";
import { opencvInpainters } from "./opencv-inpainter.ts";
import type { Inpaint } from "./picture.ts";
import { photographs } from "./sample-pictures.ts";
import { likenesses, meanLikeness, type Trial, trialsOf } from "./trials.ts";

const seed = 1000;
/** OpenCV's two methods at the radius that is nearest to the photographs on the whole. */
const rivals = [
  { peer: "OpenCV Navier-Stokes", method: "INPAINT_NS", radius: 5 },
  { peer: "OpenCV Telea", method: "INPAINT_TELEA", radius: 5 },
] as const;
const goals: readonly Goal[] = rivals.flatMap(({ peer }): readonly Goal[] => [
  { against: peer, measure: "perSecond", as: "ratio", bound: { atLeast: 2 } },
  { against: peer, measure: "decibels", as: "difference", bound: { atLeast: 0 } },
  { against: peer, measure: "similarity", as: "difference", bound: { atLeast: 0 } },
]);

interface Contender {
  readonly peer: string;
  readonly variant: string;
  readonly inpaint: Inpaint;
  /** What is timed: without the conversion of a picture into the tensors that the model is given. */
  readonly timed: (trial: Trial) => () => Promise<unknown>;
}

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const diffuse = await diffuseInpainter();
  const opencv = await opencvInpainters();
  const ours: Contender = {
    ...{ peer: "troupe", variant: "diffuse", inpaint: diffuse.inpaint },
    timed: ({ picture, mask }) => {
      const feeds: { readonly image: Tensor; readonly mask: Tensor } = feedsOf(picture, mask);
      return () => diffuse.run(feeds);
    },
  };
  const theirs = rivals.map(({ peer, method, radius }): Contender => {
    const inpaint = opencv({ method, radius });
    const timed = (trial: Trial) => () => inpaint(trial.picture, trial.mask);
    return { peer, variant: `radius ${radius}`, inpaint, timed };
  });
  const contests: ContestOutcome[] = [];
  try {
    for (const { name, isHeldOut } of photographs) {
      const workload = `W14 inpainting ${name}${isHeldOut ? ", held out" : ""}`;
      if (!workload.includes(only)) continue;
      console.error(workload);
      const trials = await trialsOf(name, seed);
      contests.push(await contest(workload, { trials, ours, theirs, scale }));
    }
    if (only === "") await writeContactSheet([ours, ...theirs], seed);
  } finally {
    await diffuse.close();
  }
  return { packages: ["onnxruntime-node", "@techstark/opencv-js", "sharp"], contests, absent: [] };
}

async function contest(
  workload: string,
  of: {
    readonly trials: readonly Trial[];
    readonly ours: Contender;
    readonly theirs: readonly Contender[];
    readonly scale: Scale;
  },
): Promise<ContestOutcome> {
  const subjects: Subject[] = [];
  for (const contender of [of.ours, ...of.theirs]) {
    subjects.push(await subjectOf(contender, of.trials));
  }
  const [ours, ...peers] = subjects;
  if (!ours) throw new Error("nobody competes");
  const rounds = of.scale === "full" ? 5 : 3;
  return compete({ workload, ours, peers, goals, rounds, warmUps: 1 });
}

/** What it makes of a picture is the same each time, so that is judged once. */
async function subjectOf(contender: Contender, trials: readonly Trial[]): Promise<Subject> {
  const { peer, variant, inpaint, timed } = contender;
  const likeness = meanLikeness(await likenesses(trials, inpaint));
  const works = trials.map(timed);
  const round = async (): Promise<Round> => {
    const latenciesMs: number[] = [];
    for (const work of works) {
      const startedAt = performance.now();
      await work();
      latenciesMs.push(performance.now() - startedAt);
    }
    const elapsedMs = latenciesMs.reduce((sum, latency) => sum + latency, 0);
    return { n: works.length, elapsedMs, latenciesMs, ...likeness };
  };
  return { peer, variant, round };
}
