// What a Redis server can promise, from its own words; pure.
import { Failure } from "#protocols/failure.ts";
import type { AckLevel } from "#protocols/tasks/task.ts";

export interface ServerHealth {
  /** Of the server's process. */
  readonly runId: string;
  /** Changes when this process stops being a replica and becomes a master. */
  readonly promotion: string;
  readonly role: string;
  readonly replicas: number;
  readonly evictionPolicy: string;
  readonly isAppendOnly: boolean;
  readonly isSyncedAlways: boolean;
  readonly memory: {
    readonly usedBytes: number;
    /** 0: as much as the machine has. */
    readonly maxBytes: number;
  };
  /** How the log of what was written (AOF) gets to the disk. */
  readonly log: {
    /** Syncs that a slow disk has held up, since the server began. */
    readonly syncsDelayedTotal: number;
    /** Syncs that wait for the disk, and bytes that wait to be written. */
    readonly syncsPending: number;
    readonly bufferBytes: number;
    readonly hasFailed: boolean;
  };
}

/** `settings`: the answer to CONFIG GET; empty where that is not allowed. */
export function healthOf(info: string, settings: ReadonlyMap<string, string>): ServerHealth {
  const facts = new Map(
    info.split("\r\n").flatMap((line): [string, string][] => {
      const at = line.indexOf(":");
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );
  const said = (name: string): string => facts.get(name) ?? "unknown";
  const number = (name: string): number => Number(facts.get(name) ?? 0) || 0;
  return {
    runId: said("run_id"),
    promotion: `${said("master_replid2")}@${said("second_repl_offset")}`,
    role: said("role"),
    replicas: replicasIn(facts),
    evictionPolicy: settings.get("maxmemory-policy") ?? said("maxmemory_policy"),
    isAppendOnly: facts.get("aof_enabled") === "1",
    isSyncedAlways: facts.get("aof_enabled") === "1" && settings.get("appendfsync") === "always",
    memory: { usedBytes: number("used_memory"), maxBytes: number("maxmemory") },
    log: {
      syncsDelayedTotal: number("aof_delayed_fsync"),
      syncsPending: number("aof_pending_bio_fsync"),
      bufferBytes: number("aof_buffer_length"),
      hasFailed: facts.get("aof_enabled") === "1" && facts.get("aof_last_write_status") !== "ok",
    },
  };
}

/** Those that follow; one that is still being filled does not count. */
function replicasIn(facts: ReadonlyMap<string, string>): number {
  let count = 0;
  for (const [name, text] of facts) {
    if (/^slave\d+$/.test(name) && text.includes("state=online")) count += 1;
  }
  return count;
}

/** Fails with `invalid` when the server throws away what it has no room for. */
export function checkKeeping({ evictionPolicy }: ServerHealth): void {
  if (evictionPolicy === "noeviction") return;
  const seen = `Redis has maxmemory-policy ${evictionPolicy}, so that it would forget tasks when its memory is full`;
  throw new Failure("invalid", `${seen}; set it to noeviction`);
}

/** What an acknowledgement can survive, weakest first. */
export function ackLevelsOf(health: ServerHealth): readonly AckLevel[] {
  const { isAppendOnly, isSyncedAlways, replicas } = health;
  if (!isAppendOnly) return ["accepted"];
  if (!isSyncedAlways) return ["accepted", "process"];
  return replicas === 0
    ? ["accepted", "process", "durable"]
    : ["accepted", "process", "durable", "replicated"];
}
