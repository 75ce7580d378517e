// The limit: one table of one SQLite file, in this thread, whose commits are on the disk. No checksums,
// no events, no leases that could expire, and nobody who would wait for an answer.
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Done, Trial, Work } from "../../core/contender.ts";
import { answerTo, jobOf } from "../job.ts";
import { inFlights } from "../job-queue.ts";
import { ownFolder } from "../troupe-queue.ts";

/** Rows of one commit where many are in flight. */
const insertsTogether = 200;
const jobsTogether = 100;

class RawJobs {
  readonly #database = new Database(join(ownFolder(), "raw.sqlite"));
  readonly #insertMany: (numbers: readonly number[]) => void;
  readonly #takeAll: () => readonly string[];
  #inserted = 0;

  constructor() {
    const database = this.#database;
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE jobs (id INTEGER PRIMARY KEY, job TEXT, isClaimed INTEGER)");
    const insert = database.prepare<[string]>("INSERT INTO jobs (job, isClaimed) VALUES (?, 0)");
    const claim = database.prepare<[], { readonly id: number; readonly job: string }>(
      "UPDATE jobs SET isClaimed = 1 WHERE isClaimed = 0 RETURNING id, job",
    );
    const remove = database.prepare<[number]>("DELETE FROM jobs WHERE id = ?");
    this.#insertMany = database.transaction((numbers) => {
      for (const number of numbers) insert.run(JSON.stringify(jobOf(number)));
    });
    const claimAll = database.transaction(() => claim.all());
    const removeAll = database.transaction((ids: readonly number[]) => {
      for (const id of ids) remove.run(id);
    });
    this.#takeAll = () => {
      const claimed = claimAll();
      removeAll(claimed.map(({ id }) => id));
      return claimed.map(({ job }) => job);
    };
  }

  /** Commits of so many rows each. */
  inserted(count: number, together: number): Done {
    for (let done = 0; done < count; done += together) {
      this.#insertMany(this.#numbers(Math.min(together, count - done)));
    }
    return { count };
  }

  /** Inserted, claimed and removed, so many at a time: three commits. */
  passed(count: number, together: number): Done {
    const latenciesMs: number[] = [];
    for (let done = 0; done < count; ) {
      const startedAt = performance.now();
      const numbers = this.#numbers(Math.min(together, count - done));
      this.#insertMany(numbers);
      const jobs = this.#takeAll().map((job) => JSON.parse(job));
      if (jobs.some((job, index) => answerTo(job) !== answerTo(jobOf(numbers[index] ?? -1)))) {
        throw new Error("a job came back as another one");
      }
      done += jobs.length;
      latenciesMs.push(performance.now() - startedAt);
    }
    return { count, latenciesMs };
  }

  #numbers(count: number): readonly number[] {
    const first = this.#inserted;
    this.#inserted += count;
    return Array.from({ length: count }, (_, index) => first + index);
  }
}

const rawTrial = (run: (jobs: RawJobs, amount: number) => Done): Trial => {
  const jobs = new RawJobs();
  return { run: async (amount) => run(jobs, amount) };
};

const together = (inFlight: number, most: number): number => (inFlight < 64 ? inFlight : most);

const inFlightWorks = inFlights.flatMap((inFlight): readonly (readonly [string, Work])[] => [
  [
    `submit ${inFlight}`,
    () => rawTrial((jobs, count) => jobs.inserted(count, together(inFlight, insertsTogether))),
  ],
  [
    `end to end ${inFlight}`,
    () => rawTrial((jobs, count) => jobs.passed(count, together(inFlight, jobsTogether))),
  ],
]);

export const works: Readonly<Record<string, Work>> = {
  ...Object.fromEntries(inFlightWorks),
  idle: () =>
    rawTrial((jobs, ms) => {
      const latenciesMs: number[] = [];
      const endsAt = performance.now() + ms;
      while (performance.now() < endsAt) {
        latenciesMs.push(...(jobs.passed(1, 1).latenciesMs ?? []));
      }
      return { count: latenciesMs.length, latenciesMs };
    }),
};
