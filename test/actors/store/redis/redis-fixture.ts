// The Redis store for the suite that all stores pass: one server a file, and for each test a group of
// keys that nobody has used.
import { after } from "node:test";
import type { StoreBackend } from "#actors/store/backend.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { fixtureStartMs } from "../contract/memory-fixture.ts";
import type { StoreFixture } from "../contract/store-fixture.ts";
import { AlternatingBackend } from "./alternating-backend.ts";

/** `two`: two stores on the same keys take turns. */
export function redisFixture(stores: "one" | "two" = "one"): StoreFixture {
  let server: Promise<RedisProcess> | undefined;
  let groups = 0;
  after(async () => (await server)?.end());
  return {
    name: stores === "one" ? "redis" : "two stores on one redis",
    async open() {
      server ??= RedisProcess.start({ appendfsync: "always" });
      const { port } = await server;
      groups += 1;
      const group = `g${groups}`;
      let nowMs = fixtureStartMs;
      const openOne = () =>
        RedisBackend.open({
          place: { kind: "server", options: { port } },
          group,
          timeMs: () => nowMs,
        });
      const open = async (): Promise<StoreBackend> => {
        const one = await openOne();
        return stores === "one" ? one : new AlternatingBackend(one, await openOne());
      };
      let backend = await open();
      return {
        backend,
        nowMs: async () => nowMs,
        pass: async (ms) => {
          nowMs += ms;
        },
        reopen: async () => {
          await backend.close();
          backend = await open();
          return backend;
        },
        end: () => backend.close(),
      };
    },
  };
}
