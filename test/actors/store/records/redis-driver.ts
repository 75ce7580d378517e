// Tables of records on a Redis server, one act at a time: what is missing is fetched and the act is done
// again, then its changes are applied.
import type { Redis } from "ioredis";
import { Keyspace, notFetched } from "#actors/store/redis/keyspace.ts";
import { commandOf } from "#actors/store/redis/keyspace-query.ts";
import { RedisRecords } from "#actors/store/redis/redis-records.ts";
import { keyPrefix, storeKeys } from "#actors/store/redis/redis-store-keys.ts";

export class RedisDriver {
  readonly #client: Redis;
  readonly #keyspace = new Keyspace();
  readonly records: RedisRecords;

  constructor(client: Redis, group: string) {
    this.#client = client;
    this.records = new RedisRecords(this.#keyspace, storeKeys(keyPrefix({ group })));
  }

  async do<T>(act: (records: RedisRecords) => T): Promise<T> {
    for (;;) {
      try {
        const value = act(this.records);
        await this.#apply();
        return value;
      } catch (cause) {
        this.#keyspace.undoTo(0);
        if (cause !== notFetched) throw cause;
      }
      await this.#fetch();
    }
  }

  async #fetch(): Promise<void> {
    const queries = this.#keyspace.wanted;
    const replies = await Promise.all(
      queries.map((query) => {
        const [name = "", ...words] = commandOf(query);
        return this.#client.callBuffer(name, ...words);
      }),
    );
    for (const [at, query] of queries.entries()) this.#keyspace.absorb(query, replies[at]);
  }

  async #apply(): Promise<void> {
    const commands = this.#keyspace.changes.commands();
    await Promise.all(
      commands.map(([name, ...words]) => this.#client.callBuffer(String(name), ...words)),
    );
    this.#keyspace.committed();
  }
}
