// W14: the built-in model beside the classical methods of OpenCV, on one thread: how near each comes to the
// photograph over the pixels of the holes, and how long it takes. Three pictures of each photograph,
// with four kinds of masks each. Both start with a picture in memory and end with one.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ContestOutcome, Goal, Round, Scale, Subject, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { writeContactSheet } from "./contact-sheet.ts";
import { diffuseInpainter } from "./diffuse-inpainter.ts";
import { type Judgement, nameOf, opencvBest, settings } from "./opencv-best.ts";
import { opencvInpainters } from "./opencv-inpainter.ts";
import { installed, type Photograph, samples } from "./photographs.ts";
import type { Inpaint } from "./picture.ts";
import { maskKinds } from "./synthetic-masks.ts";
import { type TrialOutcome, trialTable } from "./trial-table.ts";
import { type Likeness, likenessOf, meanLikeness, type Trial, trialsOf } from "./trials.ts";

const seed = 1000;
const rival = "OpenCV at its best";
const asNear = "OpenCV, as near";
const goals: readonly Goal[] = [
  { against: rival, measure: "perSecond", as: "ratio", bound: { atLeast: 2 } },
  { against: asNear, measure: "perSecond", as: "ratio", bound: { atLeast: 2 } },
  { against: rival, measure: "decibels", as: "difference", bound: { atLeast: 0 } },
  { against: rival, measure: "similarity", as: "difference", bound: { atLeast: 0 } },
];

/** A trial, and what either makes of it. */
interface Match extends TrialOutcome {
  readonly trial: Trial;
  /** By the setting that comes nearest, and by the fastest that comes as near. */
  readonly nearest: Inpaint;
  readonly fastest: Inpaint;
}

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const diffuse = await diffuseInpainter();
  const opencv = await opencvInpainters();
  const { photographs: further, absent } = installed();
  const photographs = [...samples, ...further];
  const wanted = workloads(photographs).filter(({ title }) => title.includes(only));
  const matches: Match[] = [];
  const contests: ContestOutcome[] = [];
  try {
    for (const photograph of photographs) {
      for (const trial of await trialsOf(photograph, seed)) {
        if (!wanted.some(({ has }) => has(trial))) continue;
        const found = await matched(trial, { diffuse: diffuse.inpaint, opencv });
        matches.push(found);
        const { nearest, fastest } = found.settings;
        const what = `${trial.photograph} ${trial.view} ${trial.kind}`;
        console.error(`${what}: ${rival} is ${nearest}; as near and fastest is ${fastest}`);
      }
    }
    for (const { title, has } of wanted) {
      const own = matches.filter(({ trial }) => has(trial));
      contests.push(await contest(title, { matches: own, inpaint: diffuse.inpaint, scale }));
    }
    if (only === "") await writeResults(matches, diffuse.inpaint);
  } finally {
    await diffuse.close();
  }
  return { packages: ["onnxruntime-node", "@techstark/opencv-js", "sharp"], contests, absent };
}

function workloads(photographs: readonly Photograph[]) {
  return [
    ...maskKinds.map((kind) => ({
      title: `W14 inpainting ${kind}`,
      has: (trial: Trial) => trial.kind === kind,
    })),
    ...photographs.map(({ name, isHeldOut }) => ({
      title: `W14 inpainting ${name}${isHeldOut ? ", held out" : ""}`,
      has: (trial: Trial) => trial.photograph === name,
    })),
  ];
}

async function matched(
  trial: Trial,
  of: {
    readonly diffuse: Inpaint;
    readonly opencv: (how: Judgement["setting"]) => Inpaint;
  },
): Promise<Match> {
  const judgements: Judgement[] = [];
  for (const setting of settings) {
    const inpaint = of.opencv(setting);
    const likeness = await likenessOf(trial, inpaint);
    judgements.push({ setting, likeness, time: await leastMs(trial, inpaint) });
  }
  const best = opencvBest(judgements);
  if (!best) throw new Error("OpenCV has no settings");
  const { nearest, fastest } = best;
  return {
    ...{ trial, nearest: of.opencv(nearest.setting), fastest: of.opencv(fastest.setting) },
    settings: { nearest: nameOf(nearest.setting), fastest: nameOf(fastest.setting) },
    ours: await likenessOf(trial, of.diffuse),
    theirs: best.likeness,
  };
}

/** Of three runs: enough to tell settings apart. */
async function leastMs({ picture, mask }: Trial, inpaint: Inpaint): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3; turn++) {
    const startedAt = performance.now();
    await inpaint(picture, mask);
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}

function contest(
  workload: string,
  of: { readonly matches: readonly Match[]; readonly inpaint: Inpaint; readonly scale: Scale },
): Promise<ContestOutcome> {
  const { matches, inpaint, scale } = of;
  const subject = (
    peer: string,
    variant: string,
    side: { readonly likeness: Likeness; readonly inpaint: (match: Match) => Inpaint },
  ): Subject => ({ peer, variant, round: () => roundOf(matches, side) });
  const ours = subject("troupe", "diffuse", {
    likeness: meanLikeness(matches.map((match) => match.ours)),
    inpaint: () => inpaint,
  });
  const likeness = meanLikeness(matches.map((match) => match.theirs));
  const peers = [
    subject(rival, "the setting that comes nearest", {
      likeness,
      inpaint: (match) => match.nearest,
    }),
    subject(asNear, "the fastest setting that comes as near", {
      likeness,
      inpaint: (match) => match.fastest,
    }),
  ];
  const rounds = scale === "full" ? 7 : 3;
  return compete({ workload, ours, peers, goals, rounds, warmUps: 1 });
}

/** In the time that this process had of a processor: others on the machine count less so. */
async function roundOf(
  matches: readonly Match[],
  side: { readonly likeness: Likeness; readonly inpaint: (match: Match) => Inpaint },
): Promise<Round> {
  const before = process.cpuUsage();
  for (const match of matches) {
    await side.inpaint(match)(match.trial.picture, match.trial.mask);
  }
  const { user, system } = process.cpuUsage(before);
  return { n: matches.length, elapsedMs: (user + system) / 1_000, ...side.likeness };
}

async function writeResults(matches: readonly Match[], inpaint: Inpaint): Promise<void> {
  const folder = fileURLToPath(new URL("../results", import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/inpainting.md`, trialTable(matches));
  const opencvOf = ({ photograph, view, kind }: Trial): Inpaint | undefined =>
    matches.find(
      ({ trial }) => trial.photograph === photograph && trial.view === view && trial.kind === kind,
    )?.nearest;
  const columns = [
    { peer: "diffuse", inpaint: () => inpaint },
    { peer: rival, inpaint: (trial: Trial) => opencvOf(trial) ?? inpaint },
  ];
  await writeContactSheet(columns, { seed, folder });
}
