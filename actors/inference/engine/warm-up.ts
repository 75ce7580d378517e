// Runs a model before anybody waits for it: every size that its requests will have, as often as its
// configuration says, with made-up pictures or with a request that lies beside it. What fails there is the
// model's failure; how long runs took is told, and is what its batches are timed by at first.
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { itemsTogether } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import type { RunScope } from "../batching/run-scope.ts";
import type { ModelReady } from "../engine-messages.ts";
import type { Signature } from "../fillers/model-form.ts";
import type { WarmUpTerms } from "../repository/model-settings.ts";
import { withPlainFile } from "../repository/plain-file.ts";
import type { ModelWork, WorkInput } from "../works/model-work.ts";

/** One at a time, and as many as are to be joined: each size costs its first run something of its own. */
export function warmSizes(signature: Signature, batching: BatchTerms): readonly number[] {
  // Another machine's networks are warmed there.
  if ((signature.overlapMax ?? 1) > 1) return [1];
  const most = itemsTogether(signature, batching);
  const sizes = [1, ...batching.preferred.filter((size) => size < most), most];
  return [...new Set(sizes)];
}

export interface WarmUpPlan {
  readonly sizes: readonly number[];
  /** Of each size. */
  readonly runs: number;
  /** Of one item; as many of them as a size has go on at the same time. */
  readonly item: () => Promise<() => Promise<unknown>>;
}

/** Fails with `model_failed`, naming the file, where a request's file cannot be read. */
export async function warmUpPlan(
  work: ModelWork,
  place: string,
  terms: WarmUpTerms & { readonly sizes: readonly number[] },
): Promise<WarmUpPlan> {
  const { sizes, runs, data, files, parameters } = terms;
  if (!files) return { sizes, runs, item: async () => () => work.warmUp(data) };
  const input = { files: await filesIn(place, files), parameters };
  return { sizes, runs, item: () => requestOf(work, input) };
}

/** What was read goes on together: read one by one, items would come too late for one another. */
async function requestOf(work: ModelWork, input: WorkInput): Promise<() => Promise<unknown>> {
  const read = await work.read(input);
  return async () => (await read.run()).write();
}

export async function warmUp({ sizes, runs, item }: WarmUpPlan): Promise<void> {
  for (const size of sizes) {
    for (let run = 0; run < runs; run++) {
      const items = await Promise.all(Array.from({ length: size }, () => item()));
      await Promise.all(items.map((act) => act()));
    }
  }
}

type Ran = Parameters<RunScope["ran"]>[0];

/** The first run of a size counts only where it is the only one. */
export function warmRunsOf(ran: readonly Ran[]): ModelReady["warmRuns"] {
  const sizes = [...new Set(ran.map(({ items }) => items))].sort((a, b) => a - b);
  return sizes.slice(0, warmSizesToldMax).map((items) => {
    const all = ran.filter((run) => run.items === items).map(({ ms }) => ms);
    const counted = all.length > 1 ? all.slice(1) : all;
    const ms = counted.reduce((sum, one) => sum + one, 0) / counted.length;
    return { items, runs: all.length, ms };
  });
}

const warmSizesToldMax = 64;

async function filesIn(
  place: string,
  files: Readonly<Record<string, string>>,
): Promise<WorkInput["files"]> {
  return Promise.all(
    Object.entries(files).map(async ([name, file]) => ({
      name,
      bytes: await bytesOf(join(place, file)).catch((cause: unknown) => {
        const { detail } = Failure.of(cause);
        throw new Failure("model_failed", `warmUp.files.${name} cannot be read: ${detail}`, cause);
      }),
    })),
  );
}

const bytesOf = (path: string): Promise<Uint8Array> =>
  withPlainFile(path, async (file, size) => {
    if (size <= limits.imageBytesMax) return file.readFile();
    throw new Failure("too_large", `${path} has ${size} bytes`);
  });
