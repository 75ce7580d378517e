// Photographs of a megapixel through a cluster of one worker, beside bare loops over the same model.
import { fileURLToPath } from "node:url";
import { pictureOf } from "../../test/processes/pictures.ts";
import type { ContestOutcome, Subject } from "../contest.ts";
import { compete } from "../harness.ts";
import type { BareKind } from "./bare-order.ts";
import { BareProcess } from "./bare-process.ts";
import type { HttpClient } from "./http-client.ts";
import { ImageCluster, type Scope } from "./image-cluster.ts";
import { lanes } from "./lanes.ts";
import { RawStore } from "./raw-store.ts";
import type { Sizes } from "./sizes.ts";

/** Enough that the worker never waits for a client. */
const inFlight = 8;
const smallWidth = 160;
const modelFolder = fileURLToPath(
  new URL("../../actors/inference/models/diffuse", import.meta.url),
);

export class PhotographStage {
  readonly cluster: ImageCluster;
  readonly #bare: BareProcess;
  readonly #client: HttpClient;
  readonly #sizes: Sizes;

  private constructor(
    parts: { readonly cluster: ImageCluster; readonly bare: BareProcess },
    client: HttpClient,
    sizes: Sizes,
  ) {
    this.cluster = parts.cluster;
    this.#bare = parts.bare;
    this.#client = client;
    this.#sizes = sizes;
  }

  static async open(scope: Scope, sizes: Sizes): Promise<PhotographStage> {
    const { width } = sizes;
    const picture = await pictureOf(width);
    const cluster = await ImageCluster.start(scope, { models: { diffuse: "builtin" } });
    const size = { width, height: (width * 9) / 16 };
    // On the disk that the cluster's store is on.
    const place = { folder: modelFolder, keepsIn: cluster.folder };
    const bare = await BareProcess.start({ ...place, threads: 1, ...size, ...picture });
    scope.after(() => Promise.resolve(bare.stop()));
    return new PhotographStage({ cluster, bare }, await cluster.client(picture), sizes);
  }

  saturation(workload: string): Promise<ContestOutcome> {
    const { images: count, rounds } = this.#sizes;
    return compete({
      workload,
      ours: {
        peer: "troupe",
        variant: `1 worker, ${inFlight} in flight over HTTP`,
        round: () => lanes({ count, inFlight }, this.#repair),
      },
      peers: [
        this.#bareSubject("repair", { peer: "bare loop", variant: "read, run, write", count }),
        this.#bareSubject("overlapped", {
          ...{ peer: "bare loop, overlapped", variant: "the limit", count },
        }),
        this.#bareSubject("session", {
          ...{ peer: "session alone", variant: "neither reads nor writes", count },
        }),
      ],
      goals: ["bare loop", "bare loop, overlapped"].map((against) => ({
        ...{ against, measure: "perSecond", as: "ratio", bound: { atLeast: 0.95 } },
      })),
      rounds,
      warmUps: 1,
    });
  }

  single(workload: string): Promise<ContestOutcome> {
    const { images, rounds } = this.#sizes;
    const count = images / 2;
    return compete({
      workload,
      ours: {
        peer: "troupe",
        variant: "HTTP",
        round: () => lanes({ count, inFlight: 1 }, this.#repair),
      },
      peers: [
        this.#bareSubject("repair", { peer: "bare loop", variant: "the limit", count }),
        this.#bareSubject("kept", {
          ...{ peer: "bare loop that keeps its pictures", variant: "synchronous=FULL", count },
        }),
      ],
      goals: ["bare loop", "bare loop that keeps its pictures"].map((against) => ({
        ...{ against, measure: "p50Ms", as: "difference", bound: { atMost: 5 } },
      })),
      rounds,
      warmUps: 1,
    });
  }

  /** Each figure is what the node says of a second, so the 99th percentile of them is about the worst second. */
  lateness(workload: string): Promise<ContestOutcome> {
    const { images: count, rounds } = this.#sizes;
    return compete({
      workload,
      ours: {
        peer: "troupe",
        variant: "worker's node, worst second",
        round: async () => {
          const startedAt = performance.now();
          const work = () => lanes({ count, inFlight }, this.#repair);
          const latenciesMs = await this.cluster.lateness(work);
          return { n: count, elapsedMs: performance.now() - startedAt, latenciesMs };
        },
      },
      peers: [
        {
          peer: "idle process",
          variant: "beside the same work: the machine's own",
          round: async () => {
            const work = lanes({ count, inFlight }, this.#repair);
            const [round] = await Promise.all([this.#bare.round({ kind: "idle", count: 2 }), work]);
            return round;
          },
        },
        this.#bareSubject("lateness", {
          ...{ peer: "session in the node", variant: "the model on the event loop's thread" },
          count: 2,
        }),
      ],
      goals: [
        { measure: "p99Ms", as: "value", bound: { atMost: 10 } },
        { against: "session in the node", measure: "p99Ms", as: "ratio", bound: { atMost: 0.25 } },
      ],
      rounds,
      warmUps: 1,
    });
  }

  /** Small pictures, so that the worker keeps up; each is acknowledged when it is on disk. */
  async submissions(scope: Scope, workload: string): Promise<ContestOutcome> {
    const { submissions: count, rounds } = this.#sizes;
    const picture = await pictureOf(smallWidth);
    const raw = RawStore.open(this.cluster.folder);
    scope.after(() => Promise.resolve(raw.close()));
    const client = await this.cluster.client(picture, { prefer: "respond-async" });
    const once = { count, inFlight: 1 };
    return compete({
      workload,
      ours: {
        peer: "troupe",
        variant: "HTTP, 1 in flight",
        round: () => lanes(once, () => client.post({ expect: 202 })),
      },
      peers: [
        {
          peer: "bare SQLite",
          variant: "synchronous=FULL, the same files",
          round: () => lanes(once, () => raw.insert(picture)),
        },
      ],
      goals: [{ against: "bare SQLite", measure: "p50Ms", as: "difference", bound: { atMost: 5 } }],
      rounds,
      warmUps: 1,
    });
  }

  readonly #repair = (): Promise<void> => this.#client.post({ expect: 200 });

  #bareSubject(
    kind: BareKind,
    { count, ...named }: Omit<Subject, "round"> & { readonly count: number },
  ): Subject {
    return { ...named, round: () => this.#bare.round({ kind, count }) };
  }
}
