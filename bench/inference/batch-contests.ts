// What it gains that pictures run together: one cluster serves each network twice, with its runs joined and one
// by one, and both take turns; so do bare loops, which show what the network itself allows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Picture, pictureOf } from "../../test/processes/pictures.ts";
import type { ContestOutcome, Subject } from "../contest.ts";
import { compete } from "../harness.ts";
import { bareTogether } from "./bare-order.ts";
import { BareProcess } from "./bare-process.ts";
import { type BatchNetwork, networkFile, networkSide, writeNetwork } from "./batch-networks.ts";
import { ImageCluster, type Scope } from "./image-cluster.ts";
import { lanes } from "./lanes.ts";
import type { Sizes } from "./sizes.ts";

const networks = ["weights", "convolutions"] as const;
const aloneName = (network: BatchNetwork): string => `${network}-alone`;
/** One more than run together is decoded meanwhile, as the models' documentation asks. */
const slots = bareTogether + 1;

/** Joined at least so many times as fast; where there is nothing to share, nothing may be lost. */
const gainMin: Readonly<Record<BatchNetwork, number>> = { weights: 3, convolutions: 0.95 };

export class BatchStage {
  readonly #cluster: ImageCluster;
  readonly #scope: Scope;
  readonly #sizes: Sizes;
  readonly #files: { readonly root: string; readonly picture: Picture };

  private constructor(
    cluster: ImageCluster,
    scope: Scope,
    sizes: Sizes,
    files: { readonly root: string; readonly picture: Picture },
  ) {
    this.#cluster = cluster;
    this.#scope = scope;
    this.#sizes = sizes;
    this.#files = files;
  }

  static async open(scope: Scope, sizes: Sizes): Promise<BatchStage> {
    const root = await mkdtemp(join(tmpdir(), "troupe-networks-"));
    scope.after(() => rm(root, { recursive: true, force: true }));
    const models: Record<string, string> = {};
    for (const network of networks) {
      const file = networkFile(network, sizes.networks);
      for (const [name, itemsMax] of [
        [network, bareTogether],
        [aloneName(network), 1],
      ] as const) {
        models[name] = join(root, name);
        await writeNetwork(join(root, name), file, { itemsMax });
      }
    }
    const cluster = await ImageCluster.start(scope, { models, slots });
    const picture = await pictureOf(networkSide, networkSide);
    return new BatchStage(cluster, scope, sizes, { root, picture });
  }

  async contest(network: BatchNetwork, workload: string): Promise<ContestOutcome> {
    const { rounds } = this.#sizes;
    const alone = "troupe, one by one";
    const bareAlone = "bare loop";
    const bareJoined = "bare loop, eight together";
    return compete({
      workload,
      ours: await this.#subject(network, { peer: "troupe", variant: "up to 8 together" }),
      peers: [
        await this.#subject(aloneName(network), { peer: alone, variant: "batching off" }),
        await this.#bare(network, { peer: bareJoined, variant: "the limit" }, "together"),
        await this.#bare(aloneName(network), { peer: bareAlone, variant: "one by one" }, "repair"),
      ],
      goals: [
        {
          ...{ against: alone, measure: "perSecond", as: "ratio" },
          bound: { atLeast: gainMin[network] },
        },
        { against: bareJoined, measure: "perSecond", as: "ratio", bound: { atLeast: 0.5 } },
      ],
      rounds,
      warmUps: 1,
    });
  }

  async #subject(model: string, named: Omit<Subject, "round">): Promise<Subject> {
    const { pictures: count } = this.#sizes;
    const client = await this.#cluster.client(this.#files.picture, { "x-troupe-model": model });
    const repair = (): Promise<void> => client.post({ expect: 200 });
    return { ...named, round: () => lanes({ count, inFlight: bareTogether }, repair) };
  }

  async #bare(
    model: string,
    named: Omit<Subject, "round">,
    kind: "together" | "repair",
  ): Promise<Subject> {
    const { root, picture } = this.#files;
    const size = { width: networkSide, height: networkSide };
    const start = { folder: join(root, model), threads: 1, ...size, ...picture };
    const bare = await BareProcess.start(start);
    this.#scope.after(() => Promise.resolve(bare.stop()));
    const { pictures: count } = this.#sizes;
    return { ...named, round: () => bare.round({ kind, count }) };
  }
}
