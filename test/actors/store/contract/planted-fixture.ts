// The memory store with a mistake in its shelf.
import type { StoreBackend, StoreCommand, StoreValue } from "#actors/store/backend.ts";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import { isWrite, perform } from "#actors/store/perform.ts";
import { storePolicyDefault } from "#actors/store/store-policy.ts";
import { checkRequest } from "#actors/store/store-requests.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import { fixtureStartMs } from "./memory-fixture.ts";
import { type Mistake, plantedShelf, type Scene } from "./planted-shelf.ts";
import type { StoreFixture } from "./store-fixture.ts";

const info: StoreInfo = {
  kind: "memory",
  epoch: "planted",
  ackLevels: ["accepted"],
  schemaVersion: 1,
  timeSkewMs: 0,
};

export function plantedFixture(name: string, mistake: Mistake): StoreFixture {
  return {
    name: `a store in which ${name}`,
    async open() {
      const scene: Scene = { command: { method: "ping", args: [] }, nowMs: fixtureStartMs };
      const backend = new PlantedBackend(scene, mistake);
      return {
        backend,
        nowMs: async () => scene.nowMs,
        pass: async (ms) => {
          scene.nowMs += ms;
        },
        reopen: async () => backend,
        end: () => backend.close(),
      };
    },
  };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(cause: unknown): void;
}

class PlantedBackend implements StoreBackend {
  readonly info = info;
  readonly lost: Promise<never> = new Promise(() => {});
  readonly #scene: Scene;
  readonly #mistake: Mistake;
  readonly #shelf = new MemoryShelf();
  readonly #planted;
  #ids = 0;

  constructor(scene: Scene, mistake: Mistake) {
    this.#scene = scene;
    this.#mistake = mistake;
    this.#planted = plantedShelf(this.#shelf, scene, this.#mistake);
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    checkRequest(command);
    return new Promise((resolve, reject) => this.#settle(command, { resolve, reject }));
  }

  #settle(command: StoreCommand, waiting: Waiting): void {
    this.#scene.command = command;
    const context = {
      ...{ shelf: this.#planted, nowMs: this.#scene.nowMs, policy: storePolicyDefault, info },
      records: new MemoryRecords(),
      makeId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
    };
    const work = () => perform(context, command);
    try {
      waiting.resolve(isWrite(command) ? this.#shelf.undoable(work) : work());
    } catch (cause) {
      waiting.reject(cause);
    }
  }

  async close(): Promise<void> {}
}
