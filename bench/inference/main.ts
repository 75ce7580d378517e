// W9: images through a whole cluster beside bare loops over the same models: how many, how much later, how many
// more when they run together; and whether memory and event loops stay as they are meanwhile.
import { Failure } from "#protocols/failure.ts";
import type { ContestOutcome, Scale, SuiteOutcome } from "../contest.ts";
import { BatchStage } from "./batch-contests.ts";
import { ImageCluster, type Scope } from "./image-cluster.ts";
import { memoryContest } from "./memory-contest.ts";
import { PhotographStage } from "./photograph-contests.ts";
import { type Sizes, sizesOf } from "./sizes.ts";

/** Whose clusters are up one after the other. */
interface Act {
  readonly titles: readonly string[];
  run(scope: Scope, isChosen: (title: string) => boolean): Promise<readonly ContestOutcome[]>;
}

const say = (line: string): void => console.error(line);

export const run = (scale: Scale, only = ""): Promise<SuiteOutcome> =>
  runSizes(sizesOf(scale), only);

/** Fails with `invalid` when no title contains `only`. */
export async function runSizes(sizes: Sizes, only: string): Promise<SuiteOutcome> {
  const acts = [photographs(sizes), memory(sizes), batches(sizes)];
  const isChosen = (title: string): boolean => title.includes(only);
  const chosen = acts.filter(({ titles }) => titles.some(isChosen));
  if (chosen.length === 0) {
    const titles = acts.flatMap((act) => act.titles).join("; ");
    throw new Failure("invalid", `no workload's title contains ${only}: ${titles}`);
  }
  const contests: ContestOutcome[] = [];
  for (const act of chosen) {
    const ends: (() => Promise<void>)[] = [];
    try {
      contests.push(...(await act.run({ after: (end) => ends.push(end) }, isChosen)));
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }
  const packages = ["onnxruntime-node", "sharp", "zeromq", "better-sqlite3"];
  return { packages, contests, absent: [] };
}

function photographs(sizes: Sizes): Act {
  const parts: Readonly<
    Record<string, (stage: PhotographStage, scope: Scope, title: string) => Promise<ContestOutcome>>
  > = {
    "W9 images at saturation": (stage, _, title) => stage.saturation(title),
    "W9 one image at a time": (stage, _, title) => stage.single(title),
    "W9 event loop's delay of the worker's node": (stage, _, title) => stage.lateness(title),
    "W9 submit, acknowledged on disk": (stage, scope, title) => stage.submissions(scope, title),
  };
  return act(PhotographStage.open, sizes, parts);
}

function memory(sizes: Sizes): Act {
  const title = `W9 memory a request, over ${sizes.requests.toLocaleString("en")}`;
  const open = (scope: Scope): Promise<ImageCluster> =>
    ImageCluster.start(scope, { models: { diffuse: "builtin" } });
  return act(open, sizes, { [title]: (cluster) => memoryContest(cluster, sizes, title) });
}

const batches = (sizes: Sizes): Act =>
  act(BatchStage.open, sizes, {
    "W9 pictures together, many weights": (stage, _, title) => stage.contest("weights", title),
    "W9 pictures together, convolutions": (stage, _, title) => stage.contest("convolutions", title),
  });

function act<Stage>(
  open: (scope: Scope, sizes: Sizes) => Promise<Stage>,
  sizes: Sizes,
  parts: Readonly<
    Record<string, (stage: Stage, scope: Scope, title: string) => Promise<ContestOutcome>>
  >,
): Act {
  return {
    titles: Object.keys(parts),
    async run(scope, isChosen) {
      const stage = await open(scope, sizes);
      const contests: ContestOutcome[] = [];
      for (const [title, contest] of Object.entries(parts).filter(([title]) => isChosen(title))) {
        say(title);
        contests.push(await contest(stage, scope, title));
      }
      return contests;
    },
  };
}
