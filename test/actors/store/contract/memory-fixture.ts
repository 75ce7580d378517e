// The memory store under a clock of its own; what is closed there is gone, so it is never opened again.
import { MemoryBackend } from "#actors/store/memory/memory-backend.ts";
import type { StoreFixture } from "./store-fixture.ts";

/** Where the clocks of fixtures begin. */
export const fixtureStartMs = 1_750_000_000_000;

export const memoryFixture: StoreFixture = {
  name: "memory",
  async open() {
    let nowMs = fixtureStartMs;
    let ids = 0;
    const makeId = (): string => {
      ids += 1;
      return `id-${ids}`;
    };
    const backend = new MemoryBackend({ nowMs: () => nowMs, makeId });
    return {
      backend,
      nowMs: async () => nowMs,
      pass: async (ms) => {
        nowMs += ms;
      },
      reopen: async () => backend,
      end: () => backend.close(),
    };
  },
};
