// Whether the processes of a cluster stay as large as they are, however many pictures have gone through.
import { pictureOf } from "../../test/processes/pictures.ts";
import type { ContestOutcome, Ratio } from "../contest.ts";
import type { ImageCluster, Memory } from "./image-cluster.ts";
import { lanes } from "./lanes.ts";
import { memorySlope } from "./memory-slope.ts";
import type { Sizes } from "./sizes.ts";

/** So small that the way to the engine and back is most of the work. */
const width = 64;
const inFlight = 8;
const samplesCount = 100;
/** Bytes a request: less than what the smallest picture has, and ten megabytes over ten thousand. */
const bytesMax = 1_024;

const processes: Readonly<Record<keyof Memory, string>> = {
  worker: "worker's node",
  engine: "its engine",
  control: "node of queue, store and gateway",
};

export async function memoryContest(
  cluster: ImageCluster,
  { requests }: Pick<Sizes, "requests">,
  workload: string,
): Promise<ContestOutcome> {
  const client = await cluster.client(await pictureOf(width));
  const repairs = (count: number) => lanes({ count, inFlight }, () => client.post({ expect: 200 }));
  // V8 lets garbage lie until the heap has its first size, which takes some thousand requests.
  await repairs(requests);
  const each = Math.ceil(requests / samplesCount);
  const samples: { readonly requests: number; readonly memory: Memory }[] = [];
  const rates: number[] = [];
  for (let done = each; done <= requests; done += each) {
    const { n, elapsedMs } = await repairs(each);
    rates.push((n / elapsedMs) * 1_000);
    samples.push({ requests: done, memory: await cluster.memory() });
  }
  const perSecond = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const rate = { perSecond, perSecondMin: Math.min(...rates), perSecondMax: Math.max(...rates) };
  const parts = (["worker", "engine", "control"] as const).map((process) => {
    const slope = memorySlope(
      samples.map((sample) => ({ requests: sample.requests, bytes: sample.memory[process] })),
    );
    const title = `${workload}: ${processes[process]}`;
    const [first, last] = [samples[0], samples.at(-1)].map((sample) =>
      Math.round((sample?.memory[process] ?? 0) / 2 ** 20),
    );
    const row = {
      ...{ workload: title, peer: "troupe", variant: `${first} MiB at first, ${last} at last` },
      ...{ rounds: 1, n: requests, residentBytes: slope.bytes, ...rate },
    };
    const ratio: Ratio = {
      ...{ workload: title, against: "", measure: "residentBytes", as: "value" },
      ...{ ratio: slope.bytes, min: slope.min, max: slope.max },
      ...{ goal: `<= ${bytesMax}`, met: slope.bytes <= bytesMax },
    };
    return { row, ratio };
  });
  return { rows: parts.map(({ row }) => row), ratios: parts.map(({ ratio }) => ratio) };
}
