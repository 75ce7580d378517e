// A Redis store on a server of its own.
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { type RedisSync, startRedis } from "./redis-server.ts";

export const openRedis = (sync: RedisSync) => async (): Promise<RedisBackend> =>
  RedisBackend.open({ place: { kind: "server", options: { port: await startRedis(sync) } } });
