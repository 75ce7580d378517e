// The limit: the same model on the same pictures without actors, queues, stores or HTTP, in a process
// of its own. Files are read and written by the engine's own code, with its settings, so what differs
// is only what lies around them.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { prepareDecoders } from "#actors/inference/engine/decode.ts";
import { readModelFolder } from "#actors/inference/engine/model-folder.ts";
import { decodePair } from "#actors/inference/engine/repair.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { loadWork } from "#actors/inference/works/load-work.ts";
import { EventLoopDelay } from "#runtime/host/event-loop-delay.ts";
import { type BareKind, type BareOrder, type BareStart, bareTogether } from "./bare-order.ts";
import { RawStore } from "./raw-store.ts";

type Work = (count: number) => Promise<readonly number[]>;

async function prepare(start: BareStart): Promise<Readonly<Record<BareKind, Work>>> {
  prepareDecoders(start.threads);
  const folder = await readModelFolder("bare", start.folder);
  const { work } = await loadWork("bare", folder, {
    threads: RunThreads.start(start.threads),
  });
  const run = await sessionRun(start, folder.modelFile);
  const files = [
    { name: "image", bytes: start.image },
    { name: "mask", bytes: start.mask },
  ];
  const read = () => work.read({ files, parameters: {} });
  const repair = async () => (await (await read()).run()).write();
  const store =
    start.keepsIn === undefined ? undefined : RawStore.open(start.keepsIn, "bare.sqlite");
  const kept = async (): Promise<void> => {
    if (!store) throw new Error("a bare loop is told where to keep its pictures first");
    await store.insert(start);
    const { files: results } = await repair();
    for (const { bytes } of results) store.insertResult(bytes);
  };
  return {
    session: (count) => oneByOne(count, () => timed(run)),
    lateness: (count) => oneByOne(count, () => blockedSecond(run)),
    idle: (count) => oneByOne(count, idleSecond),
    repair: (count) => oneByOne(count, () => timed(repair)),
    kept: (count) => oneByOne(count, () => timed(kept)),
    async together(count) {
      const groups = await oneByOne(Math.ceil(count / bareTogether), () =>
        timed(() => Promise.all(Array.from({ length: bareTogether }, repair))),
      );
      return groups.flatMap((ms) => Array.from({ length: bareTogether }, () => ms));
    },
    async overlapped(count) {
      let reading = read();
      let writing: Promise<unknown> = Promise.resolve();
      for (let index = 0; index < count; index += 1) {
        const each = await reading;
        if (index + 1 < count) reading = read();
        const ran = await each.run();
        await writing;
        writing = ran.write();
      }
      await writing;
      return [];
    },
  };
}

async function sessionRun(
  { image, mask, width, height, threads }: BareStart,
  file: string,
): Promise<() => Promise<unknown>> {
  const session = await InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const pair = await decodePair(image, mask);
  const feeds = {
    image: new Tensor("uint8", pair.image.rgb, [1, height, width, 3]),
    mask: new Tensor("uint8", pair.mask.holes, [1, height, width, 1]),
  };
  return () => session.run(feeds, ["output"]);
}

async function oneByOne(count: number, work: () => Promise<number>): Promise<readonly number[]> {
  const told: number[] = [];
  for (let index = 0; index < count; index += 1) told.push(await work());
  return told;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** How late the event loop was in a second of which nothing but `run` took time: what a node would say of it. */
async function blockedSecond(run: () => Promise<unknown>): Promise<number> {
  const delay = new EventLoopDelay();
  const startedAt = performance.now();
  while (performance.now() - startedAt < 1_000) {
    await run();
    // A turn of the loop, as a node takes one for what came meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { msP99 } = delay.read();
  delay.stop();
  return msP99;
}

async function idleSecond(): Promise<number> {
  const delay = new EventLoopDelay();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { msP99 } = delay.read();
  delay.stop();
  return msP99;
}

let works: ReturnType<typeof prepare> | undefined;

process.on("message", async (message: BareStart | BareOrder) => {
  if ("folder" in message) {
    works = prepare(message);
    await works;
    process.send?.({ latenciesMs: [] });
    return;
  }
  const work = (await works)?.[message.kind];
  if (!work) throw new Error("a bare loop is told what to work on first");
  process.send?.({ latenciesMs: await work(message.count) });
});
process.on("disconnect", () => process.exit());
