// A SQLite file that one thread holds: locked against others, brought to its schema, its log moved into
// the main file now and then, and let go at the end.
import type Database from "better-sqlite3";
import type { Statement } from "better-sqlite3";
import { damagedLogOf, keepDamagedLog, type LogDamage, logDamage } from "./log-damage.ts";
import { openDatabase, truePath } from "./open-database.ts";
import { OwnerLock } from "./owner-lock.ts";
import { applySteps, type SchemaStep } from "./schema-steps.ts";
import { failureOf } from "./sqlite-failure.ts";

export interface HeldTerms {
  readonly path: string;
  readonly nowMs: number;
  readonly applicationId: number;
  readonly steps: readonly SchemaStep[];
}

/** Whether somebody was in the way, pages in the log, and those of them that are in the main file. */
type Moved = readonly [isBusy: number, pages: number, moved: number];

export class HeldDatabase {
  readonly path: string;
  readonly database: Database.Database;
  /** What could not be read of the log that was found; a copy of it was put aside. */
  readonly logDamage: LogDamage | undefined;
  readonly #lock: OwnerLock;
  readonly #move: Record<"PASSIVE" | "TRUNCATE", Statement<[], Moved>>;
  readonly #pageBytes: number;

  private constructor(
    path: string,
    opened: { readonly database: Database.Database; readonly damage: LogDamage | undefined },
    lock: OwnerLock,
  ) {
    this.path = path;
    this.database = opened.database;
    this.logDamage = opened.damage;
    this.#lock = lock;
    const move = (mode: "PASSIVE" | "TRUNCATE") =>
      opened.database.prepare<[], Moved>(`PRAGMA wal_checkpoint(${mode})`).raw();
    this.#move = { PASSIVE: move("PASSIVE"), TRUNCATE: move("TRUNCATE") };
    this.#pageBytes = Number(opened.database.pragma("page_size", { simple: true }));
  }

  /**
   * What `use` makes of the file. Fails with `store_failed` when somebody else has it open or it
   * cannot be used, with `corrupt` when it is no database; then it is let go.
   */
  static open<T>(terms: HeldTerms, use: (held: HeldDatabase) => T): T {
    const { applicationId, steps, nowMs } = terms;
    let lock: OwnerLock | undefined;
    let database: Database.Database | undefined;
    try {
      const path = truePath(terms.path);
      lock = OwnerLock.take(path);
      const damage = logDamage(path);
      if (damage) keepDamagedLog(path);
      database = openDatabase({ path, applicationId });
      applySteps(database, { applicationId, steps, nowMs });
      const held = new HeldDatabase(path, { database, damage }, lock);
      if (damage) process.emitWarning(damageText(path, damage), "StoreWarning");
      return use(held);
    } catch (cause) {
      database?.close();
      lock?.release();
      throw failureOf(cause, terms.path);
    }
  }

  /**
   * Answers the bytes of the log, undefined when not all of it could be moved. `TRUNCATE` also gives the
   * pages of forgotten rows back to the disk.
   */
  checkpoint(mode: "PASSIVE" | "TRUNCATE"): number | undefined {
    try {
      if (mode === "TRUNCATE") this.database.pragma("incremental_vacuum(4096)");
      const [, pages, moved] = this.#move[mode].get() ?? [1, 0, 0];
      return pages === moved ? pages * this.#pageBytes : undefined;
    } catch {
      // Loses nothing: commits rest on the log. What ails the disk, the next write will tell.
      return undefined;
    }
  }

  close(): void {
    if (!this.database.open) return;
    try {
      this.database.close();
    } finally {
      this.#lock.release();
    }
  }
}

const damageText = (path: string, { frame }: LogDamage): string =>
  `the log of ${path} cannot be read from frame ${frame} on, and commits in it are lost: the disk is damaged, or the power failed while it wrote. A copy is ${damagedLogOf(path)}; restore a backup if what it held is missed`;
