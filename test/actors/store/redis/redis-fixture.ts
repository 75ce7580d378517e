// The Redis store for the suite that all stores pass: one server a file, and for each test a group of
// keys that nobody has used.
import { after } from "node:test";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";

export function redisFixture() {
  let server: Promise<RedisProcess> | undefined;
  let groups = 0;
  after(async () => (await server)?.end());
  return {
    name: "redis",
    async open() {
      server ??= RedisProcess.start({ appendfsync: "always" });
      const { port } = await server;
      groups += 1;
      const group = `g${groups}`;
      let nowMs = 1_750_000_000_000;
      const open = () =>
        RedisBackend.open({
          place: { kind: "server", options: { port } },
          group,
          timeMs: () => nowMs,
        });
      let backend = await open();
      return {
        backend,
        nowMs: async () => nowMs,
        pass: async (ms: number) => {
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
