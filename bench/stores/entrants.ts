// Everybody who may take part in the stores' workloads, and what each is called in tables.
import { fileURLToPath } from "node:url";

export const contenders = fileURLToPath(new URL("./contenders", import.meta.url));

/** What a contender cannot do without. */
export type Need = "bullmq" | "bee-queue" | "redis-server";

export interface Entrant {
  readonly peer: string;
  readonly variant: string;
  /** A file under contenders/ without its ending. */
  readonly module: string;
  readonly needs: readonly Need[];
}

const entrant = (
  peer: string,
  module: string,
  variant: string,
  ...needs: readonly Need[]
): Entrant => ({ peer, module, variant, needs });

const always = "log synced before an answer";
const everySecond = "log synced every second";

export const sqlite = entrant("troupe", "troupe-sqlite", "SQLite, synchronous FULL");
export const sqliteProcess = entrant(
  ...(["troupe, SQLite process", "troupe-sqlite-process", "submissions not synced"] as const),
);
export const redisAlways = entrant(
  ...(["troupe, Redis always", "troupe-redis-always", always, "redis-server"] as const),
);
export const redisEverySecond = entrant(
  ...(["troupe, Redis everysec", "troupe-redis-everysec", everySecond, "redis-server"] as const),
);
export const memory = entrant("troupe, memory", "troupe-memory", "nothing is kept");
export const bullMqEverySecond = entrant(
  ...(["BullMQ everysec", "bullmq-everysec", everySecond, "bullmq", "redis-server"] as const),
);
export const bullMqAlways = entrant(
  ...(["BullMQ always", "bullmq-always", always, "bullmq", "redis-server"] as const),
);
export const beeEverySecond = entrant(
  ...([
    "bee-queue everysec",
    "bee-queue-everysec",
    everySecond,
    "bee-queue",
    "redis-server",
  ] as const),
);
export const beeAlways = entrant(
  ...(["bee-queue always", "bee-queue-always", always, "bee-queue", "redis-server"] as const),
);
export const rawSqlite = (group: string): Entrant =>
  entrant("raw SQLite", "raw-sqlite", `${group}, synchronous FULL`);
