// The Redis store for the suite that all stores pass: one server a file, and for each test a group of
// keys that nobody has used.
import { after } from "node:test";
import type { StoreBackend } from "#actors/store/backend.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { fixtureStartMs } from "../contract/memory-fixture.ts";
import type { StoreFixture } from "../contract/store-fixture.ts";
import { AlternatingBackend } from "./alternating-backend.ts";

export interface RedisFixtureTerms {
  /** `two`: two stores on the same keys take turns. Default: `one`. */
  readonly stores?: "one" | "two";
  /** `running`: time passes also between the tests' words, as it does everywhere else. Default: `set`. */
  readonly clock?: "set" | "running";
}

export function redisFixture(terms: RedisFixtureTerms = {}): StoreFixture {
  const { stores = "one", clock = "set" } = terms;
  let server: Promise<RedisProcess> | undefined;
  let groups = 0;
  after(async () => (await server)?.end());
  return {
    name: [stores === "one" ? "redis" : "two stores on one redis", clock].join(", "),
    async open() {
      server ??= RedisProcess.start({ appendfsync: "always" });
      const { port } = await server;
      groups += 1;
      const group = `g${groups}`;
      let passedMs = fixtureStartMs;
      const startedMs = performance.now();
      const nowMs = (): number =>
        passedMs + (clock === "set" ? 0 : Math.floor(performance.now() - startedMs));
      const openOne = () =>
        RedisBackend.open({
          place: { kind: "server", options: { port } },
          group,
          timeMs: nowMs,
        });
      const open = async (): Promise<StoreBackend> => {
        const one = await openOne();
        return stores === "one" ? one : new AlternatingBackend(one, await openOne());
      };
      let backend = await open();
      return {
        backend,
        nowMs: async () => nowMs(),
        pass: async (ms) => {
          passedMs += ms;
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
