// A repository whose engines are processes and whose folders are on the disk.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineClassFor } from "#actors/inference/engine-classes.ts";
import type { EngineSpec } from "#actors/inference/engine-spec.ts";
import { EngineRoom } from "#actors/inference/repository/engine-room.ts";
import { MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { ModelRepositoryActor } from "#actors/inference/repository/model-repository-actor.ts";
import { ModelScan } from "#actors/inference/repository/model-scan.ts";
import type { Models } from "#actors/inference/repository/models.ts";
import { ThreadBudget } from "#actors/inference/repository/thread-budget.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import {
  greyMask,
  noise,
  picture,
  type Repaired,
  repairedIn,
  request,
} from "../engine/engine-fixture.ts";

export interface RealRepository {
  readonly root: string;
  readonly models: Ref<Models>;
  repair(model: string, image?: Uint8Array, signal?: AbortSignal): Promise<Repaired>;
  /** `name version STATE: reason` */
  index(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export const someImage = await picture(8, 8, 3, noise(8 * 8 * 3))
  .png()
  .toBuffer();
export const greyImage = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(100))
  .png()
  .toBuffer();
export const whiteImage = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(255))
  .png()
  .toBuffer();
const mask = await greyMask(8, 8, 255);

/** `fill` writes the models into the folder before anybody looks. */
export async function openRealRepository(
  fill: (root: string) => Promise<unknown>,
  terms: Partial<Omit<EngineSpec, "models">> & {
    readonly budgetBytes?: number;
    readonly threadsMax?: number;
  } = {},
): Promise<RealRepository> {
  const { budgetBytes = null, threadsMax = Number.POSITIVE_INFINITY, ...engine } = terms;
  const root = await mkdtemp(join(tmpdir(), "troupe-test-repository-"));
  await fill(root);
  const system = await startLocalSystem({ log: { write: () => undefined } });
  const scan = new ModelScan({ models: [], root, manifests: "welcome" });
  const models = system.spawn(
    ModelRepositoryActor,
    {
      ...{ mode: "none" as const, load: [], pollMs: 60_000, look: () => scan.look() },
      engine: { threads: 1, startTimeoutMs: 60_000, runTimeoutMs: 60_000, ...engine },
      room: new EngineRoom(
        new MemoryBudget(budgetBytes),
        new ThreadBudget({ processors: threadsMax, each: 1, slots: 64 }),
      ),
      engineClassFor,
      changed: () => undefined,
    },
    { name: "models" },
  );
  await models.settled();
  return {
    ...{ root, models },
    repair: (model, image = someImage, signal = new AbortController().signal) =>
      models.$.with({ signal })
        .run(request(image, mask, { model }))
        .then(repairedIn),
    index: async () =>
      (await models.index()).map(
        ({ name, version, state, reason }) =>
          `${name} ${version} ${state}${reason === "" ? "" : `: ${reason}`}`,
      ),
    stop: async () => {
      await system.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
